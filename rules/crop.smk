# Faces, landmarks and aligned crops (thesis 3.6, 4.1, Algorithms 1 and 3).


rule crop_photos:
    input:
        photos="results/data/{source}.csv",
    output:
        crops="results/crop/shards/{source,cfd|pretrain(_[a-z0-9]+)?}-{shard}.npz",
        table="results/crop/shards/{source,cfd|pretrain(_[a-z0-9]+)?}-{shard}.csv",
        rejected="results/crop/shards/{source,cfd|pretrain(_[a-z0-9]+)?}-{shard}-rejected.csv",
    log:
        "logs/crop/crop_photos-{source}-{shard}.log",
    benchmark:
        "results/benchmarks/crop/crop_photos-{source}-{shard}.tsv"
    priority: 1
    conda:
        "../envs/crop.yaml"
    threads: 1
    resources:
        mem_mb=grow(2000),
        runtime=grow(120),
    params:
        code=code_of("facetds.crop.crop_photos"),
        root=photo_root,
        shards=len(list_crop_shards()),
        options=options_of(
            "crop.size",
            "crop.zoom",
            "crop.center_shift",
            "crop.detect_size",
            "crop.upsample",
            "crop.max_padded",
            "crop.predictor",
        ),
    message:
        "Crop the faces of {wildcards.source}, shard {wildcards.shard}"
    shell:
        "python -m facetds.crop.crop_photos --photos {input.photos:q} --root {params.root:q}"
        " --source {wildcards.source} --shard {wildcards.shard} --shards {params.shards}"
        " --crops {output.crops:q} --table {output.table:q} --rejected {output.rejected:q}"
        " {params.options} --log {log:q}"


rule gather_cfd_crops:
    input:
        photos="results/data/cfd.csv",
        crops=expand("results/crop/shards/cfd-{shard}.npz", shard=list_crop_shards()),
        tables=expand("results/crop/shards/cfd-{shard}.csv", shard=list_crop_shards()),
    output:
        crops="results/crop/cfd.npz",
        table="results/crop/cfd.csv",
        gate="results/crop/gate.npz",
        rejected="results/crop/rejected_cfd.csv",
    log:
        "logs/crop/gather_cfd_crops.log",
    benchmark:
        "results/benchmarks/crop/gather_cfd_crops.tsv"
    priority: 1
    conda:
        "../envs/crop.yaml"
    threads: 1
    resources:
        mem_mb=grow(4000),
        runtime=grow(10),
    params:
        code=code_of("facetds.crop.gather_cfd_crops"),
        options=options_of("crop.gate_percentile", "crop.gate_margin"),
    message:
        "Gather the crops of CFD"
    shell:
        "python -m facetds.crop.gather_cfd_crops {input.crops:q} {input.tables:q}"
        " --photos {input.photos:q} --crops {output.crops:q} --table {output.table:q}"
        " --gate {output.gate:q} --rejected {output.rejected:q} {params.options} --log {log:q}"


rule gather_pretrain_crops:
    input:
        images="results/data/{faces}.csv",
        crops=expand("results/crop/shards/{{faces}}-{shard}.npz", shard=list_crop_shards()),
    output:
        crops="results/crop/{faces}.npz",
    log:
        "logs/crop/gather_pretrain_crops-{faces}.log",
    benchmark:
        "results/benchmarks/crop/gather_pretrain_crops-{faces}.tsv"
    conda:
        "../envs/crop.yaml"
    threads: 1
    resources:
        mem_mb=grow(4000),
        runtime=grow(10),
    params:
        code=code_of("facetds.crop.gather_pretrain_crops"),
    message:
        "Gather the crops of the images of {wildcards.faces}"
    shell:
        "python -m facetds.crop.gather_pretrain_crops {input.crops:q} --images {input.images:q}"
        " --out {output.crops:q} --log {log:q}"


rule crop_subject:
    input:
        subjects="results/data/disfa_subjects.csv",
        frames="results/data/disfa_selected.csv",
    output:
        crops="results/crop/disfa/{subject}.npz",
        table="results/crop/disfa/{subject}.csv",
        rejected="results/crop/disfa/{subject}-rejected.csv",
    log:
        "logs/crop/crop_subject-{subject}.log",
    benchmark:
        "results/benchmarks/crop/crop_subject-{subject}.tsv"
    conda:
        "../envs/crop.yaml"
    threads: 1
    resources:
        mem_mb=grow(2000),
        runtime=grow(60),
    params:
        code=code_of("facetds.crop.crop_subject"),
        root=disfa_root(),
        options=options_of(
            "crop.size",
            "crop.zoom",
            "crop.center_shift",
            "crop.detect_size",
            "crop.upsample",
            "crop.max_padded",
            "crop.predictor",
        ),
    message:
        "Crop the faces of {wildcards.subject}"
    shell:
        "python -m facetds.crop.crop_subject --subject {wildcards.subject} --root {params.root:q}"
        " --subjects {input.subjects:q} --frames {input.frames:q}"
        " --crops {output.crops:q} --table {output.table:q} --rejected {output.rejected:q}"
        " {params.options} --log {log:q}"


rule gather_crop_rejected:
    input:
        photos=expand(
            "results/crop/shards/{source}-{shard}-rejected.csv",
            source=["cfd", *list_pretrain_sets()],
            shard=list_crop_shards(),
        ),
        cfd="results/crop/rejected_cfd.csv",
        subjects=expand("results/crop/disfa/{subject}-rejected.csv", subject=list_subjects()),
    output:
        rejected="results/crop/rejected.csv",
    log:
        "logs/crop/gather_crop_rejected.log",
    benchmark:
        "results/benchmarks/crop/gather_crop_rejected.tsv"
    conda:
        "../envs/crop.yaml"
    threads: 1
    resources:
        mem_mb=grow(1000),
        runtime=grow(10),
    params:
        code=code_of("facetds.crop.gather_crop_rejected"),
    message:
        "Gather what the crop stage set aside"
    shell:
        "python -m facetds.crop.gather_crop_rejected {input.photos:q} {input.cfd:q}"
        " {input.subjects:q} --out {output.rejected:q} --log {log:q}"


rule draw_crops:
    input:
        cfd="results/crop/cfd.npz",
        pretrain="results/crop/pretrain.npz",
        subjects=expand("results/crop/disfa/{subject}.npz", subject=list_subjects()),
    output:
        sheet=report(
            "results/crop/contact_sheet.png",
            caption="../report/crop_contact_sheet.rst",
            category="Data",
            labels={"figure": "Aligned crops"},
        ),
    log:
        "logs/crop/draw_crops.log",
    benchmark:
        "results/benchmarks/crop/draw_crops.tsv"
    conda:
        "../envs/crop.yaml"
    threads: 1
    resources:
        mem_mb=grow(2000),
        runtime=grow(10),
    params:
        code=code_of("facetds.crop.draw_crops"),
        hide=hide_originals(),
    message:
        "Draw the aligned crops"
    shell:
        "python -m facetds.crop.draw_crops {input.subjects:q} --cfd {input.cfd:q}"
        " --pretrain {input.pretrain:q} --out {output.sheet:q} {params.hide} --log {log:q}"
