# Image quality: scores of the generated images against the originals (thesis 2.9, 3.9, 4.5).


rule prepare_originals:
    input:
        crops="results/crop/cfd.npz",
        table="results/crop/cfd.csv",
        network="results/gan/network.json",
    output:
        originals="results/iqa/originals.npz",
        references="results/iqa/references.json",
    log:
        "logs/iqa/prepare_originals.log",
    benchmark:
        "results/benchmarks/iqa/prepare_originals.tsv"
    conda:
        "../envs/iqa.yaml"
    threads: 1
    resources:
        mem_mb=grow(2000),
        runtime=grow(10),
    params:
        code=code_of("facetds.iqa.prepare_originals"),
        options=options_of(
            "seed",
            "iqa.reference_policy",
            "iqa.references",
            "iqa.reference_list",
            "iqa.reference_space",
        ),
    message:
        "Bring the originals to the generated size and choose the references"
    shell:
        "python -m facetds.iqa.prepare_originals --crops {input.crops:q} --table {input.table:q}"
        " --network {input.network:q} --out {output.originals:q}"
        " --references-out {output.references:q} {params.options} --log {log:q}"


rule fit_svr:
    input:
        originals="results/iqa/originals.npz",
    output:
        models="results/iqa/svr.npz",
        report="results/iqa/svr.json",
    log:
        "logs/iqa/fit_svr.log",
    benchmark:
        "results/benchmarks/iqa/fit_svr.tsv"
    conda:
        "../envs/iqa.yaml"
    threads: 1
    resources:
        mem_mb=grow(2000),
        runtime=grow(60),
    params:
        code=code_of("facetds.iqa.fit_svr"),
        options=options_of("seed", "iqa.svr_originals", "iqa.validation_share"),
    message:
        "Fit the quality regressions on degraded originals"
    shell:
        "python -m facetds.iqa.fit_svr --originals {input.originals:q} --out {output.models:q}"
        " --report {output.report:q} {params.options} --log {log:q}"


rule check_original_faces:
    input:
        originals="results/iqa/originals.npz",
    output:
        faces="results/iqa/faces_originals.csv",
        shapes="results/iqa/landmarks_originals.npz",
    log:
        "logs/iqa/check_original_faces.log",
    benchmark:
        "results/benchmarks/iqa/check_original_faces.tsv"
    conda:
        "../envs/iqa.yaml"
    threads: 1
    resources:
        mem_mb=grow(2000),
        runtime=grow(60),
    params:
        code=code_of("facetds.iqa.check_original_faces"),
        options=options_of("iqa.detect_size", "crop.predictor"),
    message:
        "Measure the faces of the originals"
    shell:
        "python -m facetds.iqa.check_original_faces --originals {input.originals:q}"
        " --out {output.faces:q} --shapes {output.shapes:q} {params.options} --log {log:q}"


rule check_faces:
    input:
        manifests=per_block("results/generate/batch-{batch}.csv"),
    output:
        faces=per_block("results/iqa/faces-{batch}.csv"),
        shapes=per_block("results/iqa/landmarks-{batch}.npz"),
    log:
        "logs/iqa/check_faces-{block}.log",
    benchmark:
        "results/benchmarks/iqa/check_faces-{block}.tsv"
    conda:
        "../envs/iqa.yaml"
    threads: 1
    resources:
        mem_mb=grow(2000),
        runtime=grow_with_batches(10),
    params:
        code=code_of("facetds.iqa.check_faces"),
        options=options_of("iqa.detect_size", "crop.predictor"),
        first=first_batch,
        manifests=lambda wildcards, input: repeat("manifest", input.manifests),
        faces=lambda wildcards, output: repeat("out", output.faces),
        shapes=lambda wildcards, output: repeat("shapes", output.shapes),
    message:
        "Look for the faces of the batches from {params.first}"
    shell:
        "python -m facetds.iqa.check_faces {params.manifests} {params.faces} {params.shapes}"
        " {params.options} --log {log:q}"


rule score_originals:
    input:
        originals="results/iqa/originals.npz",
        regression="results/iqa/svr.npz",
        features=list_reference_features,
    output:
        scores="results/iqa/originals.csv",
    log:
        "logs/iqa/score_originals.log",
    benchmark:
        "results/benchmarks/iqa/score_originals.tsv"
    conda:
        "../envs/iqa.yaml"
    threads: 1
    resources:
        mem_mb=grow(4000),
        runtime=grow(60),
    params:
        code=code_of("facetds.iqa.score_originals"),
        options=options_of("iqa.definitions"),
        references=reference_options,
    message:
        "Score the quality of the originals"
    shell:
        "python -m facetds.iqa.score_originals --originals {input.originals:q}"
        " --regression {input.regression:q} --out {output.scores:q} {params.options} {params.references} --log {log:q}"


rule score_batch:
    input:
        manifests=per_block("results/generate/batch-{batch}.csv"),
        originals="results/iqa/originals.npz",
        regression="results/iqa/svr.npz",
        features=list_reference_features,
    output:
        scores=per_block("results/iqa/batch-{batch}.csv"),
    log:
        "logs/iqa/score_batch-{block}.log",
    benchmark:
        "results/benchmarks/iqa/score_batch-{block}.tsv"
    conda:
        "../envs/iqa.yaml"
    threads: 1
    resources:
        mem_mb=grow(2000),
        runtime=grow_with_batches(10),
    params:
        code=code_of("facetds.iqa.score_batch"),
        options=options_of("iqa.definitions"),
        references=reference_options,
        first=first_batch,
        manifests=lambda wildcards, input: repeat("manifest", input.manifests),
        scores=lambda wildcards, output: repeat("out", output.scores),
    message:
        "Score the quality of the batches from {params.first}"
    shell:
        "python -m facetds.iqa.score_batch {params.manifests} --originals {input.originals:q}"
        " --regression {input.regression:q} {params.scores} {params.options}"
        " {params.references} --log {log:q}"


rule describe_originals:
    input:
        originals="results/iqa/originals.npz",
        shapes="results/iqa/landmarks_originals.npz",
        people="results/crop/cfd.csv",
        weights=list_extractor_weights,
    output:
        described="results/iqa/features_originals.npz",
        places="results/iqa/places_originals.csv",
    log:
        "logs/iqa/describe_originals.log",
    benchmark:
        "results/benchmarks/iqa/describe_originals.tsv"
    conda:
        "../envs/iqa.yaml"
    threads: 1
    resources:
        mem_mb=3000,
        runtime=60,
    params:
        code=code_of("facetds.iqa.describe_originals"),
        options=options_of("iqa.extractors", "iqa.neighbours"),
        weights=weight_options,
    message:
        "Describe the originals in the feature spaces"
    shell:
        "python -m facetds.iqa.describe_originals --originals {input.originals:q}"
        " --shapes {input.shapes:q} --people {input.people:q} --out {output.described:q}"
        " --places {output.places:q} {params.options} {params.weights} --log {log:q}"


rule extract_features:
    input:
        manifests=per_block("results/generate/batch-{batch}.csv"),
        shapes=per_block("results/iqa/landmarks-{batch}.npz"),
        originals="results/iqa/originals.npz",
        described="results/iqa/features_originals.npz",
        weights=list_extractor_weights,
    output:
        features=per_block("results/iqa/features-{batch}.npz"),
        places=per_block("results/iqa/places-{batch}.csv"),
    log:
        "logs/iqa/extract_features-{block}.log",
    benchmark:
        "results/benchmarks/iqa/extract_features-{block}.tsv"
    conda:
        "../envs/iqa.yaml"
    threads: 1
    resources:
        mem_mb=3000,
        runtime=grow_with_batches(12),
    params:
        code=code_of("facetds.iqa.extract_features"),
        options=options_of("iqa.extractors", "iqa.neighbours"),
        weights=weight_options,
        first=first_batch,
        manifests=lambda wildcards, input: repeat("manifest", input.manifests),
        shapes=lambda wildcards, input: repeat("shapes", input.shapes),
        features=lambda wildcards, output: repeat("out", output.features),
        places=lambda wildcards, output: repeat("places", output.places),
    message:
        "Extract the features of the batches from {params.first}"
    shell:
        "python -m facetds.iqa.extract_features {params.manifests} {params.shapes}"
        " --originals {input.originals:q} --described {input.described:q} {params.features}"
        " {params.places} --cache results/iqa/cache {params.options} {params.weights}"
        " --log {log:q}"


rule measure_distances:
    input:
        features=expand("results/iqa/features-{batch}.npz", batch=list_batches()),
        choices="results/select/choices.csv",
        described="results/iqa/features_originals.npz",
        labels="results/seeds/seed_labels.csv",
        weights=list_extractor_weights,
    output:
        distances="results/iqa/distances.csv",
        frechet="results/iqa/frechet.csv",
        plane="results/iqa/plane.csv",
    log:
        "logs/iqa/measure_distances.log",
    benchmark:
        "results/benchmarks/iqa/measure_distances.tsv"
    conda:
        "../envs/iqa.yaml"
    threads: 1
    resources:
        mem_mb=grow_with_images(3000),
        runtime=120,
    params:
        code=code_of("facetds.iqa.measure_distances"),
        options=options_of(
            "seed",
            "iqa.extractors",
            "iqa.frechet_images",
            "iqa.neighbours",
            "iqa.plane_points",
        ),
        weights=weight_options,
    message:
        "Measure the distances of the synthetic sets to the originals"
    shell:
        "python -m facetds.iqa.measure_distances {input.features:q} --choices {input.choices:q}"
        " --described {input.described:q} --labels {input.labels:q} --out {output.distances:q}"
        " --frechet {output.frechet:q} --plane {output.plane:q} {params.options}"
        " {params.weights} --log {log:q}"


rule summarise_scores:
    input:
        scores=expand("results/iqa/batch-{batch}.csv", batch=list_batches()),
        choices="results/select/choices.csv",
        originals="results/iqa/originals.csv",
    output:
        summary="results/iqa/summary.csv",
        distributions="results/iqa/distributions.csv",
    log:
        "logs/iqa/summarise_scores.log",
    benchmark:
        "results/benchmarks/iqa/summarise_scores.tsv"
    conda:
        "../envs/iqa.yaml"
    threads: 1
    resources:
        mem_mb=grow_with_images(2000),
        runtime=grow(10),
    params:
        code=code_of("facetds.iqa.summarise_scores"),
        options=options_of("iqa.definitions"),
    message:
        "Summarise the scores of the original and the synthetic images"
    shell:
        "python -m facetds.iqa.summarise_scores {input.scores:q} --choices {input.choices:q}"
        " --originals {input.originals:q} --out {output.summary:q}"
        " --distributions {output.distributions:q} {params.options} --log {log:q}"
