# Annotation: every image inherits the labels of its seed (thesis 3.10.2, 4.7).


rule annotate_set:
    input:
        images="results/select/{set}.csv",
        labels="results/seeds/seed_labels.csv",
        predictions=list_label_predictions,
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
        options=options_of(
            "annotate.source", "annotate.predictions", "annotate.threshold", "annotate.sure"
        ),
    message:
        "Annotate the {wildcards.set} images"
    shell:
        "python -m facetds.annotate.annotate_set --images {input.images:q}"
        " --labels {input.labels:q} --array {output.array:q} --table {output.table:q}"
        " --batches results/generate {params.options} --log {log:q}"


rule check_labels:
    input:
        table="results/annotate/{set}.csv",
        manifests=expand("results/generate/batch-{batch}.csv", batch=list_batches()),
        estimators="results/annotate/auditors.npz",
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
        options=seed_option(),
    message:
        "Audit the labels of the annotated sets"
    shell:
        "python -m facetds.annotate.audit_labels {input.tables:q} {input.checks:q}"
        " --audit {output.audit:q} --pairs {output.pairs:q} {params.options} --log {log:q}"


rule fit_auditors:
    input:
        crops=expand("results/crop/disfa/{subject}.npz", subject=list_subjects()),
        network="results/gan/network.json",
    output:
        estimators="results/annotate/auditors.npz",
        report="results/annotate/auditors.json",
    log:
        "logs/annotate/fit_auditors.log",
    benchmark:
        "results/benchmarks/annotate/fit_auditors.tsv"
    conda:
        "../envs/annotate.yaml"
    threads: 1
    resources:
        mem_mb=grow(2000),
        runtime=grow(60),
    params:
        code=code_of("facetds.annotate.fit_auditors"),
    message:
        "Fit the audit's estimators of AUs on DISFA"
    shell:
        "python -m facetds.annotate.fit_auditors {input.crops:q} --network {input.network:q}"
        " --out {output.estimators:q} --report {output.report:q} --log {log:q}"


rule measure_drift:
    input:
        probe="results/generate/probe.csv",
        labels="results/seeds/seed_labels.csv",
        estimators="results/annotate/auditors.npz",
    output:
        drift="results/annotate/drift.csv",
        images="results/annotate/drift_images.csv",
    log:
        "logs/annotate/measure_drift.log",
    benchmark:
        "results/benchmarks/annotate/measure_drift.tsv"
    conda:
        "../envs/annotate.yaml"
    threads: 1
    resources:
        mem_mb=grow(1000),
        runtime=grow(60),
    params:
        code=code_of("facetds.annotate.measure_drift"),
        options=options_of("crop.predictor"),
    message:
        "Measure how far edits move faces away from their labels"
    shell:
        "python -m facetds.annotate.measure_drift --probe {input.probe:q}"
        " --labels {input.labels:q} --estimators {input.estimators:q} --out {output.drift:q}"
        " --images {output.images:q} {params.options} --log {log:q}"


rule measure_saving:
    input:
        images="results/annotate/drift_images.csv",
        variants="results/generate/variants.csv",
        plan="results/generate/plan.csv",
    output:
        saving="results/annotate/saving.csv",
    log:
        "logs/annotate/measure_saving.log",
    benchmark:
        "results/benchmarks/annotate/measure_saving.tsv"
    conda:
        "../envs/annotate.yaml"
    threads: 1
    resources:
        mem_mb=grow_with_images(1000),
        runtime=grow(10),
    params:
        code=code_of("facetds.annotate.measure_saving"),
        options=options_of("seed"),
    message:
        "Measure what it was worth to leave out edits"
    shell:
        "python -m facetds.annotate.measure_saving --images {input.images:q}"
        " --variants {input.variants:q} --plan {input.plan:q} --out {output.saving:q}"
        " {params.options} --log {log:q}"
