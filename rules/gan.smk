# StyleGAN2-ADA: data set, training in segments, measures, the chosen network (thesis 2.4-2.7, 3.7).


rule make_dataset:
    input:
        **find_training_images(),
    output:
        dataset="results/gan/dataset.zip",
        rejected="results/gan/dataset_rejected.csv",
        summary="results/gan/dataset_summary.json",
        # Pictures of the user's own data are not for the report.
        sheet=(
            "results/gan/reals.png"
            if config["data"]["cfd"] or config["gan"]["dataset"]
            else report(
                "results/gan/reals.png",
                caption="../report/gan_reals.rst",
                category="GAN",
                labels={"figure": "Training images"},
            )
        ),
    log:
        "logs/gan/make_dataset.log",
    benchmark:
        "results/benchmarks/gan/make_dataset.tsv"
    priority: 1
    conda:
        "../envs/gan.yaml"
    threads: 1
    resources:
        mem_mb=grow(2000),
        runtime=grow(10),
    params:
        code=code_of("facetds.gan.make_dataset"),
        kind=list(find_training_images())[0],
        options=options_of("seed", "gan.resolution", "gan.cond"),
    message:
        "Make the GAN's data set"
    shell:
        "python -m facetds.gan.make_dataset --{params.kind} {input:q} --out {output.dataset:q}"
        " --sheet {output.sheet:q} --rejected {output.rejected:q} --summary {output.summary:q}"
        " {params.options} --log {log:q}"


rule start_training:
    input:
        dataset="results/gan/dataset.zip",
        resume=find_resume,
    output:
        snapshot=f"results/gan/network-snapshot-{list_kimgs()[0]}.pkl",
    log:
        "logs/gan/start_training.log",
    benchmark:
        "results/benchmarks/gan/start_training.tsv"
    priority: 1
    conda:
        "../envs/gan.yaml"
    threads: 1
    resources:
        mem_mb=grow(2000),
        runtime=grow(10),
    params:
        code=code_of("facetds.gan.start_training"),
        resume=lambda wildcards, input: (
            f"--resume {shlex.quote(input.resume)}" if input.get("resume") else ""
        ),
        gpus=gpus_option(),
        options=options_of(
            "seed",
            "gan.cfg",
            "gan.resolution",
            "gan.z_dim",
            "gan.w_dim",
            "gan.mapping_layers",
            "gan.channel_base",
            "gan.channel_max",
            "gan.half_resolutions",
            "gan.d_architecture",
            "gan.batch",
            "gan.micro_batch",
            "gan.mbstd_group",
            "gan.gamma",
            "gan.pl_weight",
            "gan.style_mixing",
            "gan.lr_g",
            "gan.lr_d",
            "gan.ema_kimg",
            "gan.ema_rampup",
            "gan.mirror",
            "gan.subset",
            "gan.augment",
            "gan.ada_target",
            "gan.ada_kimg",
            "gan.ada_max",
            "gan.freezed",
            "gan.resume_kimg",
            "gan.tick_kimg",
            "gan.cond",
        ),
    message:
        "Begin the training of the GAN"
    shell:
        "python -m facetds.gan.start_training --dataset {input.dataset:q}"
        " --out {output.snapshot:q} {params.resume} {params.gpus} {params.options} --log {log:q}"


# Memory that is handed back to the system after every step has to be cleared again for the next:
# the MALLOC_ settings keep it, which makes training on a CPU up to half as fast again.
rule train_segment:
    input:
        previous=lambda wildcards: (f"results/gan/network-snapshot-{previous_kimg(wildcards)}.pkl"),
        dataset="results/gan/dataset.zip",
    output:
        snapshot="results/gan/network-snapshot-{kimg}.pkl",
        speed="results/gan/speed-{kimg}.csv",
    log:
        "logs/gan/train_segment-{kimg}.log",
    benchmark:
        "results/benchmarks/gan/train_segment-{kimg}.tsv"
    wildcard_constraints:
        kimg=rf"(?!{list_kimgs()[0]})\d{{6}}",
    priority: 1
    conda:
        "../envs/gan.yaml"
    threads: config["gan"]["threads"] * config["gan"]["gpus"]
    resources:
        mem_mb=grow(4000 * config["gan"]["gpus"]),
        # Does not grow: the next try goes on where this one was stopped.
        runtime=1440,
        gpu=config["gan"]["gpus"] if config["gan"]["device"] == "cuda" else 0,
        # Not a param: on more GPUs a training goes on, and what there is stays.
        processes=config["gan"]["gpus"],
    params:
        code=code_of("facetds.gan.train_segment"),
        kimg=lambda wildcards: int(wildcards.kimg),
        options=options_of(
            "gan.device", "gan.half_type", "gan.tf32", "gan.compile", "gan.conv_type"
        ),
    message:
        "Train the GAN up to {params.kimg} thousand images"
    shell:
        "export OMP_NUM_THREADS={threads} MALLOC_MMAP_MAX_=0"
        " MALLOC_TRIM_THRESHOLD_=17179869184 MALLOC_TOP_PAD_=67108864;"
        " exec python -m facetds.gan.train_segment --previous {input.previous:q}"
        " --dataset {input.dataset:q} --out {output.snapshot:q} --speed {output.speed:q}"
        " --work work/gan/{wildcards.kimg} --kimg {params.kimg} --gpus {resources.processes}"
        " --threads {threads} {params.options} --log {log:q}"


rule measure_snapshot:
    input:
        snapshot="results/gan/network-snapshot-{kimg}.pkl",
        dataset="results/gan/dataset.zip",
    output:
        sheet=report(
            "results/gan/fakes-{kimg}.png",
            caption="../report/gan_fakes.rst",
            category="GAN",
            labels={"figure": "Generated images", "kimg": "{kimg}"},
        ),
        measures="results/gan/fid-{kimg}.json",
    log:
        "logs/gan/measure_snapshot-{kimg}.log",
    benchmark:
        "results/benchmarks/gan/measure_snapshot-{kimg}.tsv"
    priority: 1
    conda:
        "../envs/gan.yaml"
    threads: 1
    resources:
        mem_mb=grow(4000),
        runtime=grow(120),
        gpu=int(config["gan"]["device"] == "cuda"),
    params:
        code=code_of("facetds.gan.measure_snapshot"),
        options=options_of("seed", "gan.fid_images", "gan.extractor", "gan.device"),
    message:
        "Measure the GAN at {wildcards.kimg} thousand images"
    shell:
        "python -m facetds.gan.measure_snapshot --snapshot {input.snapshot:q}"
        " --dataset {input.dataset:q} --sheet {output.sheet:q} --out {output.measures:q}"
        " {params.options} --log {log:q}"


rule gather_training:
    input:
        measures=expand("results/gan/fid-{kimg}.json", kimg=list_kimgs()),
        speeds=expand("results/gan/speed-{kimg}.csv", kimg=list_kimgs()[1:]),
        last=f"results/gan/network-snapshot-{list_kimgs()[-1]}.pkl",
    output:
        history="results/gan/training.csv",
        warnings="results/gan/warnings.csv",
    log:
        "logs/gan/gather_training.log",
    benchmark:
        "results/benchmarks/gan/gather_training.tsv"
    conda:
        "../envs/gan.yaml"
    threads: 1
    resources:
        mem_mb=grow(2000),
        runtime=grow(10),
    params:
        code=code_of("facetds.gan.gather_training"),
    message:
        "Gather the course of the training"
    shell:
        "python -m facetds.gan.gather_training {input.measures:q} {input.speeds:q}"
        " --last {input.last:q} --out {output.history:q} --warnings {output.warnings:q}"
        " --log {log:q}"


rule choose_network:
    input:
        candidates=list_candidates,
    output:
        network="results/gan/network.pkl",
        report="results/gan/network.json",
    log:
        "logs/gan/choose_network.log",
    benchmark:
        "results/benchmarks/gan/choose_network.tsv"
    priority: 1
    conda:
        "../envs/gan.yaml"
    threads: 1
    resources:
        mem_mb=grow(2000),
        runtime=grow(10),
    params:
        code=code_of("facetds.gan.choose_network"),
        options=options_of("gan.resolution", "gan.label"),
    message:
        "Choose the network"
    shell:
        "python -m facetds.gan.choose_network {input.candidates:q} --out {output.network:q}"
        " --report {output.report:q} {params.options} --log {log:q}"
