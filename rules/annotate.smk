# Annotation: every image inherits the labels of its seed (thesis 3.10.2, 4.7).


rule annotate_set:
    input:
        images="results/select/{set}.csv",
        labels="results/seeds/seed_labels.csv",
    output:
        array="results/annotate/{set}.npy",
        table="results/annotate/{set}.csv",
    log:
        "logs/annotate/annotate_set-{set}.log",
    benchmark:
        "results/benchmarks/annotate/annotate_set-{set}.tsv"
    conda:
        "../envs/annotate.yaml"
    threads: 1
    resources:
        mem_mb=grow(1000),
        runtime=grow(10),
    params:
        code=code_of("facetds.annotate.annotate_set"),
    message:
        "Annotate the {wildcards.set} images"
    shell:
        "python -m facetds.annotate.annotate_set --images {input.images:q}"
        " --labels {input.labels:q} --array {output.array:q} --table {output.table:q}"
        " --batches results/generate --log {log:q}"


rule check_labels:
    input:
        table="results/annotate/{set}.csv",
        manifests=expand("results/generate/batch-{batch}.csv", batch=list_batches()),
        estimators="results/seeds/reviewer.npz",
    output:
        checks="results/annotate/checks-{set}.csv",
    log:
        "logs/annotate/check_labels-{set}.log",
    benchmark:
        "results/benchmarks/annotate/check_labels-{set}.tsv"
    conda:
        "../envs/annotate.yaml"
    threads: 1
    resources:
        mem_mb=grow(1000),
        runtime=grow(60),
    params:
        code=code_of("facetds.annotate.check_labels"),
        options=options_of("seed", "annotate.checked", "crop.predictor"),
    message:
        "Look for the AUs in a sample of the {wildcards.set} images"
    shell:
        "python -m facetds.annotate.check_labels --table {input.table:q}"
        " --batches results/generate --estimators {input.estimators:q} --out {output.checks:q}"
        " {params.options} --log {log:q}"


rule audit_labels:
    input:
        tables=expand("results/annotate/{set}.csv", set=["selected", "random"]),
        checks=expand("results/annotate/checks-{set}.csv", set=["selected", "random"]),
    output:
        audit="results/annotate/audit.csv",
        pairs="results/annotate/pairs.csv",
    log:
        "logs/annotate/audit_labels.log",
    benchmark:
        "results/benchmarks/annotate/audit_labels.tsv"
    conda:
        "../envs/annotate.yaml"
    threads: 1
    resources:
        mem_mb=grow(1000),
        runtime=grow(10),
    params:
        code=code_of("facetds.annotate.audit_labels"),
    message:
        "Audit the labels of the annotated sets"
    shell:
        "python -m facetds.annotate.audit_labels {input.tables:q} {input.checks:q}"
        " --audit {output.audit:q} --pairs {output.pairs:q} --log {log:q}"
