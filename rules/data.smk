# The data sets: what there is, what of it is used, and what was set aside (thesis 3.2-3.5, A.1).


rule list_cfd:
    input:
        sources=cfd_sources(),
    output:
        photos="results/data/cfd.csv",
        rejected="results/data/rejected_cfd.csv",
    log:
        "logs/data/list_cfd.log",
    benchmark:
        "results/benchmarks/data/list_cfd.tsv"
    priority: 1
    conda:
        "../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=grow(1000),
        runtime=grow(30),
    params:
        code=code_of("facetds.data.list_cfd"),
        root=lambda wildcards: cfd_root(),
        data=fingerprint_of("cfd"),
    message:
        "List the photos of CFD"
    shell:
        "python -m facetds.data.list_cfd --root {params.root:q} --out {output.photos:q}"
        " --rejected {output.rejected:q} --log {log:q}"


rule describe_cfd:
    input:
        photos="results/data/cfd.csv",
    output:
        groups="results/data/cfd_groups.csv",
        ages="results/data/age.csv",
        summary="results/data/age_summary.csv",
    log:
        "logs/data/describe_cfd.log",
    benchmark:
        "results/benchmarks/data/describe_cfd.tsv"
    conda:
        "../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=grow(1000),
        runtime=grow(10),
    params:
        code=code_of("facetds.data.describe_cfd"),
    message:
        "Describe who is in CFD"
    shell:
        "python -m facetds.data.describe_cfd --photos {input.photos:q} --groups {output.groups:q}"
        " --ages {output.ages:q} --summary {output.summary:q} --log {log:q}"


rule list_disfa:
    input:
        sources=disfa_sources(),
    output:
        subjects="results/data/disfa_subjects.csv",
        frames="results/data/disfa_frames.csv",
        rejected="results/data/rejected_disfa.csv",
    log:
        "logs/data/list_disfa.log",
    benchmark:
        "results/benchmarks/data/list_disfa.tsv"
    conda:
        "../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=grow(1000),
        runtime=grow(30),
    params:
        code=code_of("facetds.data.list_disfa"),
        root=lambda wildcards: disfa_root(),
        data=fingerprint_of("disfa"),
        options=options_of("data.subjects", "data.camera"),
    message:
        "List the subjects of DISFA and the labels of their frames"
    shell:
        "python -m facetds.data.list_disfa --root {params.root:q} --out {output.subjects:q}"
        " --frames {output.frames:q} --rejected {output.rejected:q} {params.options} --log {log:q}"


rule describe_disfa:
    input:
        frames="results/data/disfa_frames.csv",
    output:
        rates="results/data/disfa_rates.csv",
        subjects="results/data/disfa_subject_rates.csv",
    log:
        "logs/data/describe_disfa.log",
    benchmark:
        "results/benchmarks/data/describe_disfa.tsv"
    conda:
        "../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=grow(1000),
        runtime=grow(10),
    params:
        code=code_of("facetds.data.describe_disfa"),
        options=options_of("data.threshold"),
    message:
        "Count the AUs of DISFA by intensity and by subject"
    shell:
        "python -m facetds.data.describe_disfa --frames {input.frames:q} --out {output.rates:q}"
        " --subjects {output.subjects:q} {params.options} --log {log:q}"


rule choose_frames:
    input:
        frames="results/data/disfa_frames.csv",
    output:
        chosen="results/data/disfa_selected.csv",
    log:
        "logs/data/choose_frames.log",
    benchmark:
        "results/benchmarks/data/choose_frames.tsv"
    conda:
        "../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=grow(1000),
        runtime=grow(10),
    params:
        code=code_of("facetds.data.choose_frames"),
        options=options_of(
            "seed",
            "data.frames_per_subject",
            "data.positive_share",
            "data.min_gap",
            "data.threshold",
            "data.dropped_subjects",
        ),
    message:
        "Choose the frames of DISFA that are used"
    shell:
        "python -m facetds.data.choose_frames --frames {input.frames:q} --out {output.chosen:q}"
        " {params.options} --log {log:q}"


rule list_pretrain:
    input:
        sources=lambda wildcards: pretrain_sources(wildcards.faces),
    output:
        images="results/data/{faces}.csv",
        rejected="results/data/rejected_{faces}.csv",
    log:
        "logs/data/list_pretrain-{faces}.log",
    benchmark:
        "results/benchmarks/data/list_pretrain-{faces}.tsv"
    conda:
        "../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=grow(1000),
        runtime=grow(60),
    params:
        code=code_of("facetds.data.list_pretrain"),
        source=lambda wildcards: pretrain_source(wildcards.faces),
        data=lambda wildcards: pretrain_fingerprint(wildcards.faces),
        options=lambda wildcards: pretrain_options(wildcards.faces),
    message:
        "List the images of {wildcards.faces} that pre-train the classifier"
    shell:
        "python -m facetds.data.list_pretrain --source {params.source:q} --out {output.images:q}"
        " --rejected {output.rejected:q} {params.options} --log {log:q}"


rule gather_data_rejected:
    input:
        tables=expand(
            "results/data/rejected_{source}.csv", source=["cfd", "disfa", *list_pretrain_sets()]
        ),
    output:
        rejected="results/data/rejected.csv",
    log:
        "logs/data/gather_data_rejected.log",
    benchmark:
        "results/benchmarks/data/gather_data_rejected.tsv"
    conda:
        "../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=grow(1000),
        runtime=grow(10),
    params:
        code=code_of("facetds.data.gather_data_rejected"),
    message:
        "Gather what the data stage set aside"
    shell:
        "python -m facetds.data.gather_data_rejected {input.tables:q} --out {output.rejected:q}"
        " --log {log:q}"
