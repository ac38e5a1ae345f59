# The AU classifier and its cross-validation by subject (thesis 3.10.3, 3.11, 4.8).


rule start_backbone:
    input:
        source=list_weights_file(),
    output:
        weights="results/fer/stages/start.weights.h5",
        report="results/fer/stages/start.json",
    log:
        "logs/fer/start_backbone.log",
    benchmark:
        "results/benchmarks/fer/start_backbone.tsv"
    conda:
        "../envs/fer.yaml"
    threads: 1
    resources:
        mem_mb=grow(3000),
        runtime=grow(30),
    params:
        code=code_of("facetds.fer.start_backbone"),
        options=options_of(
            "seed",
            "fer.weights",
            "fer.weights_file",
            "fer.weights_sha256",
            "fer.weights_channels",
            "fer.backbone",
            "fer.size",
            "fer.backend",
            "fer.threads",
        ),
    message:
        "Make the weights that pre-training starts from"
    shell:
        "python -m facetds.fer.start_backbone {input.source:q} --out {output.weights:q}"
        " --report {output.report:q} {params.options} --log {log:q}"


rule pretrain_backbone:
    input:
        start=find_stage_start,
        crops=find_stage_crops,
    output:
        weights="results/fer/stages/{stage}.weights.h5",
        report="results/fer/stages/{stage}.json",
    log:
        "logs/fer/pretrain_backbone-{stage}.log",
    benchmark:
        "results/benchmarks/fer/pretrain_backbone-{stage}.tsv"
    conda:
        "../envs/fer.yaml"
    threads: config["fer"]["threads"]
    resources:
        mem_mb=grow(6000),
        runtime=grow(240),
        gpu=int(config["fer"]["backend"] == "torch"),
    params:
        code=code_of("facetds.fer.pretrain_backbone"),
        stage=stage_options,
        options=options_of(
            "seed",
            "fer.pretrain_held_out",
            "fer.backbone",
            "fer.size",
            "fer.backend",
            "fer.threads",
        ),
    message:
        "Pre-train the feature extractor, stage {wildcards.stage}"
    shell:
        "python -m facetds.fer.pretrain_backbone {params.stage} --crops {input.crops:q}"
        " --out {output.weights:q} --report {output.report:q} {params.options} --log {log:q}"


rule gather_backbone:
    input:
        stages=list_backbones(),
    output:
        weights="results/fer/backbone.weights.h5",
        report="results/fer/backbone.json",
    log:
        "logs/fer/gather_backbone.log",
    benchmark:
        "results/benchmarks/fer/gather_backbone.tsv"
    conda:
        "../envs/fer.yaml"
    threads: 1
    resources:
        mem_mb=grow(1000),
        runtime=grow(10),
    params:
        code=code_of("facetds.fer.gather_backbone"),
    message:
        "Take the weights of the last stage"
    shell:
        "python -m facetds.fer.gather_backbone {input.stages:q} --out {output.weights:q}"
        " --report {output.report:q} --log {log:q}"


rule extract_disfa_features:
    input:
        crops=expand("results/crop/disfa/{subject}.npz", subject=list_subjects()),
        weights="results/fer/backbone.weights.h5",
    output:
        features="results/fer/features/disfa.npz",
    log:
        "logs/fer/extract_disfa_features.log",
    benchmark:
        "results/benchmarks/fer/extract_disfa_features.tsv"
    conda:
        "../envs/fer.yaml"
    threads: config["fer"]["threads"]
    resources:
        mem_mb=grow(6000),
        runtime=grow(120),
        gpu=int(config["fer"]["backend"] == "torch"),
    params:
        code=code_of("facetds.fer.extract_disfa_features"),
        options=options_of(
            "seed",
            "fer.backbone",
            "fer.size",
            "fer.freeze_backbone",
            "fer.batch",
            "fer.backend",
            "fer.threads",
        ),
    message:
        "Bring the DISFA crops to the input of the classifier"
    shell:
        "python -m facetds.fer.extract_disfa_features {input.crops:q}"
        " --weights {input.weights:q} --out {output.features:q} {params.options} --log {log:q}"


rule extract_set_features:
    input:
        array="results/annotate/{set}.npy",
        table="results/annotate/{set}.csv",
        manifests=expand("results/generate/batch-{batch}.csv", batch=list_batches()),
        weights="results/fer/backbone.weights.h5",
    output:
        features="results/fer/features/{set}.npz",
        rejected="results/fer/features/{set}_rejected.csv",
    log:
        "logs/fer/extract_set_features-{set}.log",
    benchmark:
        "results/benchmarks/fer/extract_set_features-{set}.tsv"
    conda:
        "../envs/fer.yaml"
    threads: config["fer"]["threads"]
    resources:
        mem_mb=grow(16000 if config["fer"]["size"] > 128 else 6000),
        runtime=grow(240),
        gpu=int(config["fer"]["backend"] == "torch"),
    params:
        code=code_of("facetds.fer.extract_set_features"),
        options=options_of(
            "seed",
            "fer.backbone",
            "fer.size",
            "fer.freeze_backbone",
            "fer.batch",
            "fer.backend",
            "fer.threads",
        ),
    message:
        "Bring the {wildcards.set} images to the input of the classifier"
    shell:
        "python -m facetds.fer.extract_set_features --array {input.array:q}"
        " --table {input.table:q} --weights {input.weights:q} --out {output.features:q}"
        " --rejected {output.rejected:q} {params.options} --log {log:q}"


for first in list_first_folds():

    rule:
        name:
            name_training(first)
        input:
            synthetic=list_arm_features,
            labellers=list_labellers(list_job_folds(first)),
            disfa="results/fer/features/disfa.npz",
            weights="results/fer/backbone.weights.h5",
        output:
            expand(
                "results/fer/{{arm}}/fold-{fold}/{file}",
                fold=list_job_folds(first),
                file=[
                    "model.weights.h5",
                    "history.csv",
                    "predictions.csv",
                    "roc.csv",
                    "seeds.csv",
                    "split.csv",
                    "class_weights.csv",
                    "training.json",
                ],
            ),
        log:
            f"logs/fer/{name_training(first)}-{{arm}}.log",
        benchmark:
            f"results/benchmarks/fer/{name_training(first)}-{{arm}}.tsv"
        conda:
            "../envs/fer.yaml"
        threads: 1 if config["fer"]["freeze_backbone"] else config["fer"]["threads"]
        resources:
            mem_mb=grow(4000 if config["fer"]["freeze_backbone"] else 24000),
            # Of all weights, half a day per fold: a week for the thesis's 13.
            runtime=(
                grow(60) if config["fer"]["freeze_backbone"] else 775 * len(list_job_folds(first))
            ),
            gpu=int(config["fer"]["backend"] == "torch"),
        params:
            code=code_of("facetds.fer.train_arm"),
            first=first,
            last=first + len(list_job_folds(first)) - 1,
            arm=arm_options,
            weights=weights_option(),
            options=options_of(
                "seed",
                "fer.folds",
                "fer.early_stopping",
                "fer.stopping_subjects",
                "fer.backbone",
                "fer.size",
                "fer.freeze_backbone",
                "fer.subject_baseline",
                "fer.reference_frames",
                "fer.loss",
                "fer.augmentations",
                "fer.learning_rate",
                "fer.epochs",
                "fer.batch",
                "fer.patience",
                "fer.training_seeds",
                "fer.backend",
                "fer.threads",
            ),
        message:
            "Train and test the {wildcards.arm} classifier, folds {params.first} to {params.last}"
        shell:
            "exec python -m facetds.fer.train_arm --disfa {input.disfa:q}"
            " --backbone-weights {input.weights:q} --out results/fer/{wildcards.arm}"
            " --state work/fer/{wildcards.arm}/{params.first} --first-fold {params.first}"
            " --last-fold {params.last} {params.arm} {params.weights} {params.options}"
            " --log {log:q}"


rule evaluate_arms:
    input:
        folds=expand(
            "results/fer/{arm}/fold-{fold}/{file}",
            arm=list_arms(),
            fold=list_folds(),
            file=[
                "predictions.csv",
                "seeds.csv",
                "split.csv",
                "class_weights.csv",
                "training.json",
            ],
        ),
        disfa="results/fer/features/disfa.npz",
    output:
        predictions=expand("results/fer/{arm}/predictions.csv", arm=list_arms()),
        training=expand("results/fer/{arm}/training.json", arm=list_arms()),
        areas="results/fer/auc.csv",
        summary="results/fer/summary.csv",
        differences="results/fer/differences.csv",
        roc="results/fer/roc.csv",
        frames="results/fer/frame_level.csv",
        measures="results/fer/measures.csv",
        thresholds="results/fer/thresholds.csv",
        reliability="results/fer/reliability.csv",
        precision="results/fer/precision_recall.csv",
        stamps="results/fer/stamps.csv",
        checks="results/fer/checks.json",
    log:
        "logs/fer/evaluate_arms.log",
    benchmark:
        "results/benchmarks/fer/evaluate_arms.tsv"
    conda:
        "../envs/fer.yaml"
    threads: 1
    resources:
        mem_mb=grow(4000),
        runtime=grow(30),
    params:
        code=code_of("facetds.fer.evaluate_arms"),
        arms=shlex.join(f"--arms={arm}" for arm in list_arms()),
        options=options_of(
            "seed",
            "fer.main_contrast",
            "fer.folds",
            "fer.bootstrap",
            "fer.equivalence_margin",
        ),
    message:
        "Evaluate the classifiers of all arms"
    shell:
        "python -m facetds.fer.evaluate_arms --root results/fer --disfa {input.disfa:q}"
        " {params.arms} {params.options} --log {log:q}"


rule build_ensemble:
    input:
        folds=expand("results/fer/{{arm}}/fold-{fold}/model.weights.h5", fold=list_folds()),
        training="results/fer/{arm}/training.json",
        predictions="results/fer/{arm}/predictions.csv",
        thresholds="results/fer/thresholds.csv",
        disfa="results/fer/features/disfa.npz",
        weights="results/fer/backbone.weights.h5",
        report="results/fer/backbone.json",
    output:
        model="results/fer/{arm}/ensemble.keras",
        scores="results/fer/{arm}/ensemble.csv",
    log:
        "logs/fer/build_ensemble-{arm}.log",
    benchmark:
        "results/benchmarks/fer/build_ensemble-{arm}.tsv"
    conda:
        "../envs/fer.yaml"
    threads: config["fer"]["threads"]
    resources:
        mem_mb=grow(4000 if config["fer"]["freeze_backbone"] else 24000),
        runtime=grow(60),
    params:
        code=code_of("facetds.fer.build_ensemble"),
        options=options_of(
            "seed",
            "fer.bootstrap",
            "fer.backend",
            "fer.threads",
            "crop.zoom",
            "crop.center_shift",
            "crop.detect_size",
            "crop.upsample",
            "crop.max_padded",
            "crop.predictor",
        ),
        size=config["crop"]["size"],
    message:
        "Put the {wildcards.arm} classifiers of all folds into one file"
    shell:
        "python -m facetds.fer.build_ensemble {input.folds:q} --training {input.training:q}"
        " --predictions {input.predictions:q} --thresholds {input.thresholds:q}"
        " --disfa {input.disfa:q} --backbone-weights {input.weights:q}"
        " --backbone-report {input.report:q} --arm {wildcards.arm} --crop-size {params.size}"
        " --model {output.model:q} --scores {output.scores:q} {params.options} --log {log:q}"
