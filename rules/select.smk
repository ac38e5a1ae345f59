# Selection: the best of every batch, and a random control of equal size (thesis 4.6).


rule rank_batch:
    input:
        scores="results/iqa/batch-{batch}.csv",
        faces="results/iqa/faces-{batch}.csv",
        original_faces="results/iqa/faces_originals.csv",
    output:
        choice="results/select/batch-{batch}.csv",
    log:
        "logs/select/rank_batch-{batch}.log",
    benchmark:
        "results/benchmarks/select/rank_batch-{batch}.tsv"
    conda:
        "../envs/select.yaml"
    threads: 1
    resources:
        mem_mb=grow(1000),
        runtime=grow(10),
    params:
        code=code_of("facetds.select.rank_batch"),
        batch=lambda wildcards: int(wildcards.batch),
        options=options_of(
            "seed",
            "select.mode",
            "select.keep",
            "select.votes",
            "select.gate_percentile",
            "select.seed_spread",
        ),
    message:
        "Choose the best images of batch {wildcards.batch}"
    shell:
        "python -m facetds.select.rank_batch --scores {input.scores:q} --faces {input.faces:q}"
        " --original-faces {input.original_faces:q} --out {output.choice:q}"
        " --batch {params.batch} {params.options} --log {log:q}"


rule gather_sets:
    input:
        choices=expand("results/select/batch-{batch}.csv", batch=list_batches()),
    output:
        selected="results/select/selected.csv",
        random="results/select/random.csv",
    log:
        "logs/select/gather_sets.log",
    benchmark:
        "results/benchmarks/select/gather_sets.tsv"
    conda:
        "../envs/select.yaml"
    threads: 1
    resources:
        mem_mb=grow(1000),
        runtime=grow(10),
    params:
        code=code_of("facetds.select.gather_sets"),
    message:
        "Gather the curated set and the random control"
    shell:
        "python -m facetds.select.gather_sets {input.choices:q} --selected {output.selected:q}"
        " --random {output.random:q} --log {log:q}"
