# The drawn stand-ins for CFD and DISFA, and the faces for pre-training. They show no real person.


rule render_cfd:
    output:
        truth="results/demo/cfd-{shard}.csv",
    log:
        "logs/demo/render_cfd-{shard}.log",
    benchmark:
        "results/benchmarks/demo/render_cfd-{shard}.tsv"
    priority: 1
    conda:
        "../envs/demo.yaml"
    threads: 1
    resources:
        mem_mb=grow(1000),
        runtime=grow(60),
    params:
        code=code_of("facetds.demo.render_cfd"),
        shard=lambda wildcards: int(wildcards.shard),
        options=options_of(
            "seed",
            "demo.cfd_models",
            "demo.cfd_height",
            "demo.expression_share",
            "demo.flaws",
            "demo.shard_size",
        ),
    message:
        "Draw shard {wildcards.shard} of the CFD stand-in"
    shell:
        "python -m facetds.demo.render_cfd --root results/demo/cfd --out {output.truth:q}"
        " --shard {params.shard} {params.options} --log {log:q}"


rule gather_cfd:
    input:
        shards=expand("results/demo/cfd-{shard}.csv", shard=list_demo_shards("cfd_models")),
    output:
        truth="results/demo/cfd.csv",
        workbook="results/demo/cfd/CFD 3.0 Norming Data and Codebook.xlsx",
    log:
        "logs/demo/gather_cfd.log",
    benchmark:
        "results/benchmarks/demo/gather_cfd.tsv"
    priority: 1
    conda:
        "../envs/demo.yaml"
    threads: 1
    resources:
        mem_mb=grow(1000),
        runtime=grow(10),
    params:
        code=code_of("facetds.demo.gather_cfd"),
        options=options_of("seed"),
    message:
        "Write the norming workbook of the CFD stand-in"
    shell:
        "python -m facetds.demo.gather_cfd {input.shards:q} --workbook {output.workbook:q}"
        " --out {output.truth:q} {params.options} --log {log:q}"


rule render_disfa:
    output:
        truth="results/demo/disfa/{subject}.csv",
    log:
        "logs/demo/render_disfa-{subject}.log",
    benchmark:
        "results/benchmarks/demo/render_disfa-{subject}.tsv"
    conda:
        "../envs/demo.yaml"
    threads: 1
    resources:
        mem_mb=grow(1000),
        runtime=grow(60),
    params:
        code=code_of("facetds.demo.render_disfa"),
        options=options_of("seed", "demo.disfa_frames", "demo.disfa_height", "demo.flaws"),
    message:
        "Draw subject {wildcards.subject} of the DISFA stand-in"
    shell:
        "python -m facetds.demo.render_disfa --subject {wildcards.subject} --out {output.truth:q}"
        " {params.options} --log {log:q}"


rule gather_disfa:
    input:
        subjects=expand("results/demo/disfa/{subject}.csv", subject=config["data"]["subjects"]),
    output:
        truth="results/demo/disfa.csv",
    log:
        "logs/demo/gather_disfa.log",
    benchmark:
        "results/benchmarks/demo/gather_disfa.tsv"
    conda:
        "../envs/demo.yaml"
    threads: 1
    resources:
        mem_mb=grow(1000),
        runtime=grow(10),
    params:
        code=code_of("facetds.demo.gather_disfa"),
    message:
        "Gather the truth of the DISFA stand-in"
    shell:
        "python -m facetds.demo.gather_disfa {input.subjects:q} --out {output.truth:q} --log {log:q}"


rule render_pretrain:
    output:
        truth="results/demo/pretrain/shard-{shard}.csv",
    log:
        "logs/demo/render_pretrain-{shard}.log",
    benchmark:
        "results/benchmarks/demo/render_pretrain-{shard}.tsv"
    conda:
        "../envs/demo.yaml"
    threads: 1
    resources:
        mem_mb=grow(1000),
        runtime=grow(60),
    params:
        code=code_of("facetds.demo.render_pretrain"),
        shard=lambda wildcards: int(wildcards.shard),
        options=options_of(
            "seed",
            "demo.pretrain_subjects",
            "demo.pretrain_images",
            "demo.pretrain_size",
            "demo.shard_size",
        ),
    message:
        "Draw shard {wildcards.shard} of the faces for pre-training"
    shell:
        "python -m facetds.demo.render_pretrain --out {output.truth:q} --shard {params.shard}"
        " {params.options} --log {log:q}"


rule gather_pretrain:
    input:
        shards=expand(
            "results/demo/pretrain/shard-{shard}.csv", shard=list_demo_shards("pretrain_subjects")
        ),
    output:
        truth="results/demo/pretrain.csv",
    log:
        "logs/demo/gather_pretrain.log",
    benchmark:
        "results/benchmarks/demo/gather_pretrain.tsv"
    conda:
        "../envs/demo.yaml"
    threads: 1
    resources:
        mem_mb=grow(1000),
        runtime=grow(10),
    params:
        code=code_of("facetds.demo.gather_pretrain"),
    message:
        "Gather the table of the faces for pre-training"
    shell:
        "python -m facetds.demo.gather_pretrain {input.shards:q} --out {output.truth:q}"
        " --log {log:q}"


rule draw_contact_sheet:
    input:
        cfd="results/demo/cfd.csv",
        disfa="results/demo/disfa.csv",
        pretrain="results/demo/pretrain.csv",
    output:
        sheet=report(
            "results/demo/contact_sheet.png",
            caption="../report/demo_contact_sheet.rst",
            category="Demo",
            labels={"figure": "Drawn stand-ins"},
        ),
    log:
        "logs/demo/draw_contact_sheet.log",
    benchmark:
        "results/benchmarks/demo/draw_contact_sheet.tsv"
    conda:
        "../envs/demo.yaml"
    threads: 1
    resources:
        mem_mb=grow(1000),
        runtime=grow(10),
    params:
        code=code_of("facetds.demo.draw_contact_sheet"),
    message:
        "Draw a contact sheet of the stand-ins"
    shell:
        "python -m facetds.demo.draw_contact_sheet --cfd {input.cfd:q} --disfa {input.disfa:q}"
        " --pretrain {input.pretrain:q} --out {output.sheet:q} --log {log:q}"


rule render_intensities:
    output:
        sheet="results/demo/intensities.png",
        table="results/demo/intensities.csv",
    log:
        "logs/demo/render_intensities.log",
    benchmark:
        "results/benchmarks/demo/render_intensities.tsv"
    conda:
        "../envs/demo.yaml"
    threads: 1
    resources:
        mem_mb=grow(1000),
        runtime=grow(10),
    params:
        code=code_of("facetds.demo.render_intensities"),
        options=seed_option(),
    message:
        "Draw each AU at every intensity"
    shell:
        "python -m facetds.demo.render_intensities --sheet {output.sheet:q} --out {output.table:q}"
        " {params.options} --log {log:q}"
