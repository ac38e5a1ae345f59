# Seeds: previews, their review, and the published labels (thesis 3.10).


rule render_previews:
    input:
        network="results/gan/network.pkl",
    output:
        manifest="results/seeds/shard-{shard}.csv",
        sprite="results/seeds/shard-{shard}.jpg",
    log:
        "logs/seeds/render_previews-{shard}.log",
    benchmark:
        "results/benchmarks/seeds/render_previews-{shard}.tsv"
    conda:
        "../envs/seeds.yaml"
    threads: 1
    resources:
        mem_mb=grow(2000),
        runtime=grow(60),
    params:
        code=code_of("facetds.seeds.render_previews"),
        options=options_of("seeds.previews", "seeds.shard_size", "seeds.psi"),
    message:
        "Render the previews of shard {wildcards.shard}"
    shell:
        "python -m facetds.seeds.render_previews --network {input.network:q}"
        " --shard {wildcards.shard} --out {output.manifest:q} --sprite {output.sprite:q}"
        " {params.options} --log {log:q}"


rule fit_reviewer:
    input:
        crops="results/crop/pretrain.npz",
        originals="results/crop/cfd.npz",
        network="results/gan/network.json",
    output:
        estimators="results/seeds/reviewer.npz",
        report="results/seeds/reviewer.json",
    log:
        "logs/seeds/fit_reviewer.log",
    benchmark:
        "results/benchmarks/seeds/fit_reviewer.tsv"
    conda:
        "../envs/seeds.yaml"
    threads: 1
    resources:
        mem_mb=grow(2000),
        runtime=grow(60),
    params:
        code=code_of("facetds.seeds.fit_reviewer"),
        options=options_of("seed", "crop.predictor"),
    message:
        "Fit the simulated reviewers on faces whose AUs are known"
    shell:
        "python -m facetds.seeds.fit_reviewer --crops {input.crops:q}"
        " --originals {input.originals:q} --network {input.network:q}"
        " --out {output.estimators:q} --report {output.report:q}"
        " {params.options} --log {log:q}"


rule estimate_shard:
    input:
        manifest="results/seeds/shard-{shard}.csv",
        estimators="results/seeds/reviewer.npz",
    output:
        estimates="results/seeds/estimates-{shard}.csv",
    log:
        "logs/seeds/estimate_shard-{shard}.log",
    benchmark:
        "results/benchmarks/seeds/estimate_shard-{shard}.tsv"
    conda:
        "../envs/seeds.yaml"
    threads: 1
    resources:
        mem_mb=grow(1000),
        runtime=grow(60),
    params:
        code=code_of("facetds.seeds.estimate_shard"),
        options=options_of("seeds.face_score", "crop.predictor"),
    message:
        "Estimate the AUs of the previews of shard {wildcards.shard}"
    shell:
        "python -m facetds.seeds.estimate_shard --manifest {input.manifest:q}"
        " --estimators {input.estimators:q} --out {output.estimates:q}"
        " {params.options} --log {log:q}"


rule review_seeds:
    input:
        estimates=expand("results/seeds/estimates-{shard}.csv", shard=list_shards()),
        report="results/seeds/reviewer.json",
    output:
        review_a="results/seeds/review_simulated_a.csv",
        review_b="results/seeds/review_simulated_b.csv",
        agreement="results/seeds/agreement.csv",
    log:
        "logs/seeds/review_seeds.log",
    benchmark:
        "results/benchmarks/seeds/review_seeds.tsv"
    conda:
        "../envs/seeds.yaml"
    threads: 1
    resources:
        mem_mb=grow(1000),
        runtime=grow(10),
    params:
        code=code_of("facetds.seeds.review_seeds"),
        options=options_of("seed", "seeds.thresholds", "seeds.unsure"),
    message:
        "Let the simulated reviewers decide on the seeds"
    shell:
        "python -m facetds.seeds.review_seeds {input.estimates:q} --report {input.report:q}"
        " --review-a {output.review_a:q} --review-b {output.review_b:q}"
        " --agreement {output.agreement:q}"
        " {params.options} --log {log:q}"


if config["seeds"]["labels"] is None:

    rule publish_labels:
        input:
            reviews=[
                "results/seeds/review_simulated_a.csv",
                "results/seeds/review_simulated_b.csv",
            ],
            network="results/gan/network.pkl",
        output:
            labels="results/seeds/seed_labels.csv",
        log:
            "logs/seeds/publish_labels.log",
        benchmark:
            "results/benchmarks/seeds/publish_labels.tsv"
        conda:
            "../envs/seeds.yaml"
        threads: 1
        resources:
            mem_mb=1000,
            runtime=10,
        params:
            code=code_of("facetds.seeds.publish_labels"),
            options=options_of("seeds.psi"),
            faces="--drawn" if uses_stand_in("cfd") else "--no-drawn",
        message:
            "Publish the seeds that the simulated reviewers agree on"
        shell:
            "python -m facetds.seeds.publish_labels {input.reviews:q} --network {input.network:q}"
            " --out {output.labels:q} {params.faces} {params.options} --log {log:q}"

else:

    rule copy_labels:
        input:
            labels=lambda wildcards: find_file("seeds.labels"),
            network="results/gan/network.pkl",
        output:
            labels="results/seeds/seed_labels.csv",
        log:
            "logs/seeds/copy_labels.log",
        benchmark:
            "results/benchmarks/seeds/copy_labels.tsv"
        conda:
            "../envs/seeds.yaml"
        threads: 1
        resources:
            mem_mb=1000,
            runtime=10,
        params:
            code=code_of("facetds.seeds.copy_labels"),
        message:
            "Check and take over the published seed labels"
        shell:
            "python -m facetds.seeds.copy_labels --labels {input.labels:q}"
            " --network {input.network:q} --out {output.labels:q} --log {log:q}"


rule draw_gallery:
    input:
        manifests=expand("results/seeds/shard-{shard}.csv", shard=list_shards()),
        labels="results/seeds/seed_labels.csv",
    output:
        gallery=report(
            "results/seeds/gallery.png",
            caption="../report/seeds_gallery.rst",
            category="Seeds",
            labels={"figure": "Labelled seeds of every AU"},
        ),
    log:
        "logs/seeds/draw_gallery.log",
    benchmark:
        "results/benchmarks/seeds/draw_gallery.tsv"
    conda:
        "../envs/seeds.yaml"
    threads: 1
    resources:
        mem_mb=grow(1000),
        runtime=grow(10),
    params:
        code=code_of("facetds.seeds.draw_gallery"),
    message:
        "Draw the labelled seeds"
    shell:
        "python -m facetds.seeds.draw_gallery {input.manifests:q} --labels {input.labels:q}"
        " --out {output.gallery:q} --log {log:q}"


rule write_lists:
    input:
        labels="results/seeds/seed_labels.csv",
    output:
        lists=expand("results/seeds/lists/{name}.txt", name=[*AU_NAMES, "neutral"]),
        table="results/seeds/lists.csv",
        combinations="results/seeds/combinations.csv",
        expressions=report(
            "results/seeds/expressions.csv",
            caption="../report/table-3.2-seeds.rst",
            category="Seeds",
            labels={"figure": "Table 3.2 with the labelled seeds"},
        ),
    log:
        "logs/seeds/write_lists.log",
    benchmark:
        "results/benchmarks/seeds/write_lists.tsv"
    conda:
        "../envs/seeds.yaml"
    threads: 1
    resources:
        mem_mb=grow(1000),
        runtime=grow(10),
    params:
        code=code_of("facetds.seeds.write_lists"),
    message:
        "Write the seed lists and count their combinations"
    shell:
        "python -m facetds.seeds.write_lists --labels {input.labels:q}"
        " --out {output.table:q} --combinations {output.combinations:q}"
        " --expressions {output.expressions:q} --log {log:q}"


# What the review page shows; `make review` asks for it before it starts the page.
rule prepare_review:
    input:
        manifests=expand("results/seeds/shard-{shard}.csv", shard=list_shards()),
        estimates=expand("results/seeds/estimates-{shard}.csv", shard=list_shards()),
        directions="results/latent/directions.npz",
