# Figures, tables and the report. Every figure is a target: results/figures/<name>.{png,pdf,csv}.


rule draw_data:
    input:
        groups="results/data/cfd_groups.csv",
        ages="results/data/age.csv",
        age_summary="results/data/age_summary.csv",
        rates="results/data/disfa_rates.csv",
        subjects="results/data/disfa_subject_rates.csv",
        photos="results/data/cfd.csv",
        frames="results/data/disfa_selected.csv",
    output:
        list_outputs("data"),
    log:
        "logs/figures/draw_data.log",
    benchmark:
        "results/benchmarks/figures/draw_data.tsv"
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=grow(2000),
        runtime=grow(30),
    params:
        code=code_of("facetds.figures.draw_data"),
        pngs=pngs_of,
        stand_in=repeat("stand-in", [k.upper() for k in ("cfd", "disfa") if uses_stand_in(k)]),
        options=options_of("figures.dpi"),
        note=note_option("cfd", "disfa"),
    message:
        "Draw what the data sets hold"
    shell:
        "python -m facetds.figures.draw_data {params.pngs:q} --groups {input.groups:q}"
        " --ages {input.ages:q} --age-summary {input.age_summary:q} --rates {input.rates:q} --photos {input.photos:q}"
        " --subjects {input.subjects:q} --frames {input.frames:q} {params.stand_in} {params.options} {params.note}"
        " --log {log:q}"


rule draw_rejected:
    input:
        rejected=["results/data/rejected.csv", "results/crop/rejected.csv"],
    output:
        list_outputs("rejected"),
    log:
        "logs/figures/draw_rejected.log",
    benchmark:
        "results/benchmarks/figures/draw_rejected.tsv"
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=grow(2000),
        runtime=grow(30),
    params:
        code=code_of("facetds.figures.draw_rejected"),
        pngs=pngs_of,
        rejected=lambda wildcards, input: repeat("rejected", input.rejected),
        options=options_of("figures.dpi"),
        note=note_option("cfd", "disfa"),
    message:
        "Draw what was set aside"
    shell:
        "python -m facetds.figures.draw_rejected {params.pngs:q} {params.rejected}"
        " {params.options} {params.note} --log {log:q}"


rule draw_examples:
    input:
        faces="results/demo/pretrain.csv",
    output:
        list_outputs("examples"),
    log:
        "logs/figures/draw_examples.log",
    benchmark:
        "results/benchmarks/figures/draw_examples.tsv"
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=grow(2000),
        runtime=grow(30),
    params:
        code=code_of("facetds.figures.draw_examples"),
        pngs=pngs_of,
        options=options_of("figures.dpi"),
        note=note_option(),
    message:
        "Draw what the AUs look like"
    shell:
        "python -m facetds.figures.draw_examples {params.pngs:q} --faces {input.faces:q}"
        " {params.options} {params.note} --log {log:q}"


rule draw_intensities:
    input:
        sheet="results/demo/intensities.png",
        faces="results/demo/intensities.csv",
    output:
        list_outputs("intensities"),
    log:
        "logs/figures/draw_intensities.log",
    benchmark:
        "results/benchmarks/figures/draw_intensities.tsv"
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=grow(2000),
        runtime=grow(30),
    params:
        code=code_of("facetds.figures.draw_intensities"),
        pngs=pngs_of,
        options=options_of("figures.dpi"),
    message:
        "Draw each AU at every intensity"
    shell:
        "python -m facetds.figures.draw_intensities {params.pngs:q} --sheet {input.sheet:q}"
        " --faces {input.faces:q} {params.options} --log {log:q}"


rule draw_frames:
    input:
        crops=expand("results/crop/disfa/{subject}.npz", subject=list_subjects()),
    output:
        list_outputs("frames"),
    log:
        "logs/figures/draw_frames.log",
    benchmark:
        "results/benchmarks/figures/draw_frames.tsv"
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=grow(2000),
        runtime=grow(30),
    params:
        code=code_of("facetds.figures.draw_frames"),
        pngs=pngs_of,
        crops=lambda wildcards, input: repeat("crops", input.crops),
        hide=hide_originals(),
        options=options_of("figures.dpi"),
        note=note_option("disfa"),
    message:
        "Draw frames of DISFA"
    shell:
        "python -m facetds.figures.draw_frames {params.pngs:q} {params.crops} {params.hide}"
        " {params.options} {params.note} --log {log:q}"


rule draw_backgrounds:
    input:
        cfd="results/crop/cfd.npz",
        previews="results/seeds/shard-000.csv",
        disfa=expand("results/crop/disfa/{subject}.npz", subject=list_subjects()),
        pretrain="results/crop/pretrain.npz",
    output:
        list_outputs("backgrounds"),
    log:
        "logs/figures/draw_backgrounds.log",
    benchmark:
        "results/benchmarks/figures/draw_backgrounds.tsv"
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=grow(4000),
        runtime=grow(30),
    params:
        code=code_of("facetds.figures.draw_backgrounds"),
        pngs=pngs_of,
        disfa=lambda wildcards, input: repeat("disfa", input.disfa),
        options=options_of("figures.dpi"),
        note=note_option("cfd", "disfa"),
    message:
        "Draw how much backgrounds vary"
    shell:
        "python -m facetds.figures.draw_backgrounds {params.pngs:q} --cfd {input.cfd:q}"
        " --previews {input.previews:q} {params.disfa} --pretrain {input.pretrain:q}"
        " {params.options} {params.note} --log {log:q}"


rule draw_training:
    input:
        training="results/gan/training.csv",
        network="results/gan/network.json",
        reals="results/gan/reals.png",
        fakes=expand("results/gan/fakes-{kimg}.png", kimg=list_kimgs()),
    output:
        list_outputs("training"),
    log:
        "logs/figures/draw_training.log",
    benchmark:
        "results/benchmarks/figures/draw_training.tsv"
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=grow(2000),
        runtime=grow(30),
    params:
        code=code_of("facetds.figures.draw_training"),
        pngs=pngs_of,
        fakes=lambda wildcards, input: repeat("fakes", input.fakes),
        reals=lambda wildcards, input: (
            ""
            if "cfd" in hide_originals() or config["gan"]["dataset"]
            else repeat("reals", [input.reals])
        ),
        options=options_of("figures.dpi"),
        note=note_option("cfd"),
    message:
        "Draw the course of the training"
    shell:
        "python -m facetds.figures.draw_training {params.pngs:q} --training {input.training:q}"
        " --network {input.network:q} {params.fakes} {params.reals}"
        " {params.options} {params.note} --log {log:q}"


rule draw_latent:
    input:
        tsne="results/latent/tsne.csv",
        pairs="results/latent/tsne_mse.csv",
        labels="results/seeds/seed_labels.csv",
        grid="results/latent/grid.png",
        interpolation="results/latent/interpolation.png",
        tables=["results/latent/grid.csv", "results/latent/interpolation.csv"],
    output:
        list_outputs("latent"),
    log:
        "logs/figures/draw_latent.log",
    benchmark:
        "results/benchmarks/figures/draw_latent.tsv"
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=grow(2000),
        runtime=grow(30),
    params:
        code=code_of("facetds.figures.draw_latent"),
        pngs=pngs_of,
        options=options_of("figures.dpi"),
        note=note_option("cfd", "seeds"),
    message:
        "Draw the latent space"
    shell:
        "python -m facetds.figures.draw_latent {params.pngs:q} --tsne {input.tsne:q}"
        " --pairs {input.pairs:q} --labels {input.labels:q} --grid {input.grid:q}"
        " --interpolation {input.interpolation:q} {params.options} {params.note} --log {log:q}"


rule draw_quality:
    input:
        summary="results/iqa/summary.csv",
        distributions="results/iqa/distributions.csv",
        plane="results/iqa/plane.csv",
        distances="results/iqa/frechet.csv",
    output:
        list_outputs("quality"),
    log:
        "logs/figures/draw_quality.log",
    benchmark:
        "results/benchmarks/figures/draw_quality.tsv"
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=grow(2000),
        runtime=grow(30),
    params:
        code=code_of("facetds.figures.draw_quality"),
        pngs=pngs_of,
        options=options_of("figures.dpi"),
        note=note_option("cfd"),
    message:
        "Draw the quality of the synthetic images"
    shell:
        "python -m facetds.figures.draw_quality {params.pngs:q} --summary {input.summary:q}"
        " --distributions {input.distributions:q} --plane {input.plane:q}"
        " --distances {input.distances:q} {params.options} {params.note} --log {log:q}"


rule draw_selection:
    input:
        manifests=expand("results/generate/batch-{batch}.csv", batch=list_batches()),
        choices="results/select/choices.csv",
        seed_labels="results/seeds/seed_labels.csv",
        annotated="results/annotate/selected.csv",
    output:
        list_outputs("selection"),
    log:
        "logs/figures/draw_selection.log",
    benchmark:
        "results/benchmarks/figures/draw_selection.tsv"
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=grow_with_images(2000),
        runtime=grow(30),
    params:
        code=code_of("facetds.figures.draw_selection"),
        pngs=pngs_of,
        manifests=lambda wildcards, input: repeat("manifests", input.manifests),
        options=options_of("figures.dpi", "figures.gallery"),
        note=note_option("cfd", "seeds"),
    message:
        "Draw which images were selected"
    shell:
        "python -m facetds.figures.draw_selection {params.pngs:q} {params.manifests}"
        " --choices {input.choices:q} --seed-labels {input.seed_labels:q} --annotated {input.annotated:q}"
        " {params.options} {params.note} --log {log:q}"


rule draw_labels:
    input:
        audit="results/annotate/audit.csv",
        drift="results/annotate/drift.csv",
        variants="results/generate/variants.csv",
        saving="results/annotate/saving.csv",
        agreement=[] if config["seeds"]["labels"] else ["results/seeds/agreement.csv"],
    output:
        list_outputs("labels"),
    log:
        "logs/figures/draw_labels.log",
    benchmark:
        "results/benchmarks/figures/draw_labels.tsv"
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=grow(2000),
        runtime=grow(30),
    params:
        code=code_of("facetds.figures.draw_labels"),
        pngs=pngs_of,
        agreement=lambda wildcards, input: repeat("agreement", input.agreement),
        options=options_of("figures.dpi"),
        note=note_option("seeds"),
    message:
        "Draw the labels and how far reviewers agree"
    shell:
        "python -m facetds.figures.draw_labels {params.pngs:q} --audit {input.audit:q}"
        " --drift {input.drift:q} --variants {input.variants:q} --saving {input.saving:q}"
        " {params.agreement} {params.options} {params.note} --log {log:q}"


rule draw_pipeline:
    input:
        tables=[
            "results/data/cfd.csv",
            "results/data/disfa_selected.csv",
            "results/crop/cfd.csv",
            expand("results/crop/disfa/{subject}.csv", subject=list_subjects()),
            expand("results/seeds/shard-{shard}.csv", shard=list_shards()),
            "results/seeds/seed_labels.csv",
            expand("results/generate/batch-{batch}.csv", batch=list_batches()),
            "results/select/choices.csv",
            "results/annotate/selected.csv",
        ],
    output:
        list_outputs("pipeline"),
    log:
        "logs/figures/draw_pipeline.log",
    benchmark:
        "results/benchmarks/figures/draw_pipeline.tsv"
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=grow_with_images(2000),
        runtime=grow(30),
    params:
        code=code_of("facetds.figures.draw_pipeline"),
        pngs=pngs_of,
        tables=lambda wildcards, input: repeat("tables", input.tables),
        options=options_of("figures.dpi"),
        note=note_option("cfd", "disfa", "seeds"),
    message:
        "Draw what is left after each phase"
    shell:
        "python -m facetds.figures.draw_pipeline {params.pngs:q} {params.tables}"
        " {params.options} {params.note} --log {log:q}"


rule draw_rules:
    output:
        list_outputs("rules"),
    log:
        "logs/figures/draw_rules.log",
    benchmark:
        "results/benchmarks/figures/draw_rules.tsv"
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=grow(2000),
        runtime=grow(30),
    params:
        code=code_of("facetds.figures.draw_rules"),
        pngs=pngs_of,
        rules=digest_of_rules(),
        # Sizes and places change no rule: a param that takes the output makes nothing stale.
        settings=lambda wildcards, output: SETTINGS,
        snakefile=lambda wildcards, output: BASE / "Snakefile",
        stages=repeat("stages", STAGES),
        options=options_of("figures.dpi"),
    message:
        "Draw the rules of the workflow"
    shell:
        "python -m facetds.figures.draw_rules {params.pngs:q} --snakefile {params.snakefile:q}"
        " --settings {params.settings:q} {params.stages} {params.options} --log {log:q}"


rule draw_classifier:
    input:
        predictions=expand("results/fer/{arm}/predictions.csv", arm=list_arms()),
        summary="results/fer/summary.csv",
        folds="results/fer/auc.csv",
        roc="results/fer/roc.csv",
        measures="results/fer/measures.csv",
        precision="results/fer/precision_recall.csv",
        reliability="results/fer/reliability.csv",
        images="results/select/selected.csv",
    output:
        list_outputs("classifier"),
    log:
        "logs/figures/draw_classifier.log",
    benchmark:
        "results/benchmarks/figures/draw_classifier.tsv"
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=grow(2000),
        runtime=grow(30),
    params:
        code=code_of("facetds.figures.draw_classifier"),
        pngs=pngs_of,
        predictions=lambda wildcards, input: repeat("predictions", input.predictions),
        arms=repeat("arms", list_arms()),
        options=options_of("figures.dpi", "seed", "figures.bootstrap"),
        note=note_option("disfa", "seeds"),
    message:
        "Draw how well the classifier does"
    shell:
        "python -m facetds.figures.draw_classifier {params.pngs:q} {params.predictions}"
        " {params.arms} --summary {input.summary:q} --folds {input.folds:q} --roc {input.roc:q}"
        " --images {input.images:q} --measures {input.measures:q}"
        " --precision {input.precision:q} --reliability {input.reliability:q}"
        " {params.options} {params.note} --log {log:q}"


rule build_report:
    input:
        figures=list_shown(),
        lists=[
            path.replace(".png", ".csv")
            for path in list_shown()
            if Path(path).name.startswith(("table-", "gallery-"))
        ],
        captions=expand(
            own_file("report/{name}.rst"),
            name=sorted(
                {caption_of(Path(path).name.removesuffix(".png")) for path in list_shown()}
            ),
        ),
        template=own_file("workflow_scripts/facetds/figures/report.html.j2"),
        script=own_file("workflow_scripts/facetds/figures/report.js"),
        tables=[
            "results/fer/summary.csv",
            "results/fer/differences.csv",
            "results/fer/checks.json",
            "results/fer/measures.csv",
            "results/fer/frame_level.csv",
            "results/gan/warnings.csv",
            "results/gan/training.csv",
            "results/fer/backbone.json",
            "results/iqa/summary.csv",
            "results/iqa/distributions.csv",
            "results/iqa/originals.csv",
            expand("results/iqa/batch-{batch}.csv", batch=list_batches()),
            expand("results/generate/batch-{batch}.csv", batch=list_batches()),
            "results/generate/variants.csv",
            expand("results/seeds/shard-{shard}.csv", shard=list_shards()),
            "results/latent/tsne.csv",
            "results/latent/grid.png",
            "results/latent/grid.csv",
            "results/iqa/frechet.csv",
            "results/iqa/distances.csv",
            "results/iqa/references.json",
            "results/iqa/svr.json",
            "results/annotate/audit.csv",
            "results/annotate/saving.csv",
            "results/seeds/seed_labels.csv",
            [] if config["seeds"]["labels"] else "results/seeds/agreement.csv",
            "results/data/cfd.csv",
            "results/data/disfa_selected.csv",
            "results/crop/cfd.npz",
            "results/select/random.csv",
            "results/select/selected.csv",
            "results/select/choices.csv",
            "results/select/copies.csv",
            "results/gan/network.json",
            "results/data/rejected.csv",
            "results/crop/rejected.csv",
            expand("results/fer/features/{set}_rejected.csv", set=list_sets()),
        ],
    output:
        page=report("results/report.html", caption="../report/report.rst", category="Report"),
    log:
        "logs/figures/build_report.log",
    benchmark:
        "results/benchmarks/figures/build_report.tsv"
    conda:
        "../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=grow_with_images(2000),
        runtime=grow(30),
    params:
        code=code_of("facetds.figures.build_report"),
        settings=SETTINGS,
        repository=lambda wildcards, output: BASE,
    message:
        "Build the report"
    shell:
        "python -m facetds.figures.build_report {input.figures:q} {input.lists:q}"
        " {input.captions:q} {input.tables:q} --template {input.template:q} --settings {params.settings:q}"
        " --benchmarks results/benchmarks --repository {params.repository:q}"
        " --out {output.page:q} --log {log:q}"
