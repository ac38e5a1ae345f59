# Generated images: seed x index x degree in batches (thesis 3.1, 3.10.2).


rule render_probe:
    input:
        labels="results/seeds/seed_labels.csv",
        network="results/gan/network.pkl",
        directions="results/latent/directions.npz",
    output:
        manifest="results/generate/probe.csv",
    log:
        "logs/generate/render_probe.log",
    benchmark:
        "results/benchmarks/generate/render_probe.tsv"
    conda:
        "../envs/generate.yaml"
    threads: 1
    resources:
        mem_mb=grow(2000),
        runtime=grow(60),
    params:
        code=code_of("facetds.generate.render_probe"),
        options=options_of(
            "seed",
            "generate.indexes",
            "generate.degrees",
            "generate.psi",
            "annotate.probe_seeds",
        ),
    message:
        "Render a few seeds along every direction"
    shell:
        "python -m facetds.generate.render_probe --labels {input.labels:q}"
        " --network {input.network:q} --directions {input.directions:q}"
        " --out {output.manifest:q} {params.options} --log {log:q}"


rule plan_images:
    input:
        labels="results/seeds/seed_labels.csv",
        network="results/gan/network.pkl",
        directions="results/latent/directions.npz",
        drift=list_drift,
    output:
        plan="results/generate/plan.csv",
        variants="results/generate/variants.csv",
    log:
        "logs/generate/plan_images.log",
    benchmark:
        "results/benchmarks/generate/plan_images.tsv"
    conda:
        "../envs/generate.yaml"
    threads: 1
    resources:
        mem_mb=grow_with_images(1000),
        runtime=grow(10),
    params:
        code=code_of("facetds.generate.plan_images"),
        options=options_of(
            "seed",
            "generate.indexes",
            "generate.degrees",
            "generate.n_images",
            "generate.batch_size",
            "generate.sampling",
            "generate.balance",
            "generate.psi",
        ),
        drift=drift_options,
    message:
        "Plan the generated images"
    shell:
        "python -m facetds.generate.plan_images --labels {input.labels:q}"
        " --network {input.network:q} --directions {input.directions:q} --out {output.plan:q}"
        " --variants {output.variants:q} {params.options} {params.drift} --log {log:q}"


rule generate_batch:
    input:
        plan="results/generate/plan.csv",
        network="results/gan/network.pkl",
        directions="results/latent/directions.npz",
    output:
        manifests=per_block("results/generate/batch-{batch}.csv"),
    log:
        "logs/generate/generate_batch-{block}.log",
    benchmark:
        "results/benchmarks/generate/generate_batch-{block}.tsv"
    conda:
        "../envs/generate.yaml"
    threads: 1
    resources:
        mem_mb=grow(2000),
        runtime=grow_with_batches(12),
    params:
        code=code_of("facetds.generate.generate_batch"),
        first=first_batch,
        out=lambda wildcards, output: repeat("out", output.manifests),
        options=options_of("generate.conv_type"),
    message:
        "Generate the batches from {params.first}"
    shell:
        "exec python -m facetds.generate.generate_batch --plan {input.plan:q}"
        " --network {input.network:q} --directions {input.directions:q}"
        " --batch {params.first} {params.out} --work work/generate/{wildcards.block}"
        " {params.options} --log {log:q}"
