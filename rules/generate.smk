# Generated images: seed x index x degree in batches (thesis 3.1, 3.10.2).


rule plan_images:
    input:
        labels="results/seeds/seed_labels.csv",
        network="results/gan/network.pkl",
        directions="results/latent/directions.npz",
    output:
        plan="results/generate/plan.csv",
    log:
        "logs/generate/plan_images.log",
    benchmark:
        "results/benchmarks/generate/plan_images.tsv"
    conda:
        "../envs/generate.yaml"
    threads: 1
    resources:
        mem_mb=grow(1000),
        runtime=grow(10),
    params:
        code=code_of("facetds.generate.plan_images"),
        options=options_of(
            "seed",
            "generate.indexes",
            "generate.degrees",
            "generate.batches",
            "generate.batch_size",
            "generate.psi",
        ),
    message:
        "Plan the generated images"
    shell:
        "python -m facetds.generate.plan_images --labels {input.labels:q}"
        " --network {input.network:q} --directions {input.directions:q} --out {output.plan:q}"
        " {params.options} --log {log:q}"


rule generate_batch:
    input:
        plan="results/generate/plan.csv",
        network="results/gan/network.pkl",
        directions="results/latent/directions.npz",
    output:
        manifest="results/generate/batch-{batch}.csv",
    log:
        "logs/generate/generate_batch-{batch}.log",
    benchmark:
        "results/benchmarks/generate/generate_batch-{batch}.tsv"
    conda:
        "../envs/generate.yaml"
    threads: 1
    resources:
        mem_mb=grow(2000),
        runtime=grow(60),
    params:
        code=code_of("facetds.generate.generate_batch"),
    message:
        "Generate batch {wildcards.batch}"
    shell:
        "python -m facetds.generate.generate_batch --plan {input.plan:q}"
        " --network {input.network:q} --directions {input.directions:q}"
        " --batch {wildcards.batch} --out {output.manifest:q} --log {log:q}"
