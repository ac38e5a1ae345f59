# Selection: which generated images become training data, and a random control (thesis 4.6).


rule choose_images:
    input:
        scores=expand("results/iqa/batch-{batch}.csv", batch=list_batches()),
        faces=expand("results/iqa/faces-{batch}.csv", batch=list_batches()),
        shapes=expand("results/iqa/landmarks-{batch}.npz", batch=list_batches()),
        places=expand("results/iqa/places-{batch}.csv", batch=list_batches()),
        originals="results/iqa/originals.csv",
        original_faces="results/iqa/faces_originals.csv",
        original_shapes="results/iqa/landmarks_originals.npz",
        original_places="results/iqa/places_originals.csv",
        labels="results/seeds/seed_labels.csv",
    output:
        choices="results/select/choices.csv",
        selected="results/select/selected.csv",
        random="results/select/random.csv",
        balance="results/select/balance.csv",
        copies="results/select/copies.csv",
    log:
        "logs/select/choose_images.log",
    benchmark:
        "results/benchmarks/select/choose_images.tsv"
    conda:
        "../envs/select.yaml"
    threads: 1
    resources:
        mem_mb=grow_with_images(2000),
        runtime=30,
    params:
        code=code_of("facetds.select.choose_images"),
        tables=lambda wildcards, input: os.path.dirname(input.originals),
        batches=len(list_batches()),
        options=options_of(
            "seed",
            "select.mode",
            "select.keep",
            "select.votes",
            "select.thresholds",
            "select.good_enough",
            "select.gate_percentile",
            "select.gate_margin",
            "select.gate_width",
            "select.duplicate",
            "select.seed_spread",
            "select.candidates",
            "select.balance",
        ),
    message:
        "Choose the training images of all batches, and a random control"
    shell:
        "python -m facetds.select.choose_images --scores {params.tables:q} --out {output.choices:q}"
        " --batches {params.batches} --labels {input.labels:q} --selected {output.selected:q}"
        " --random {output.random:q} --balance-out {output.balance:q}"
        " --copies {output.copies:q} {params.options} --log {log:q}"
