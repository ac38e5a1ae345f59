# What rules/figures.smk uses: the figures of each family, what of them is shown, and remarks.
import hashlib
import json
import tokenize

from facetds.figures.names import name_figure

SETTINGS = json.dumps(config)

# Figures that share their inputs are drawn by one rule, draw_<family>.
FIGURES = {
    "data": {
        "fig-3.1-cfd-race": "CFD by ethnicity",
        "fig-3.2-cfd-sex-by-set": "Parts of CFD by sex",
        "fig-3.3-cfd-sex": "CFD by sex",
        "fig-3.4-cfd-people": "People in CFD by ethnicity",
        "fig-3.5-cfd-age": "CFD by age",
        "fig-3.7-cfd-groups": "CFD by ethnicity and expression",
        "disfa-rates": "AUs in DISFA",
        "disfa-subjects": "AUs of DISFA's subjects",
        "table-3.1-databases": "Databases",
        "table-3.2-expressions": "AUs of expressions",
        "table-A.1-aus": "AUs coded in DISFA",
    },
    "rejected": {"fig-3.8-rejected": "Set aside"},
    "examples": {"fig-2.1-aus": "What the AUs look like"},
    "intensities": {"fig-1.2-au-intensities": "AUs by intensity"},
    "frames": {"fig-1.1-disfa-frames": "Frames of DISFA"},
    "backgrounds": {"fig-3.6-backgrounds": "Backgrounds"},
    "training": {
        "training-course": "Course of the training",
        "training-fakes": "Synthetic images during the training",
    },
    "latent": {
        "fig-2.2-tsne": "t-SNE of the latent space",
        "fig-2.3-tsne-mse": "How far t-SNE runs agree",
        "fig-2.4-grid": "Seed x index x degree",
        "fig-2.4-interpolation": "Interpolation",
    },
    "quality": {
        "fig-4.3-feature-space": "Feature space",
        "score-distributions": "Score distributions",
        "table-4.1-scores": "Mean scores",
    },
    "selection": {
        "gallery-selection": "Selected and not selected",
        "gallery-aus": "Selected images of each AU",
        "fig-3.9-annotation": "Annotation from seeds",
    },
    "labels": {
        "label-counts": "Labels of the sets",
        "label-audit": "Whether images show their labels",
        "label-drift": "Which edits keep the labels",
        **({} if config["seeds"]["labels"] else {"label-agreement": "Agreement of reviewers"}),
    },
    "rules": {"fig-A.1-rules": "Rules of the workflow"},
    "pipeline": {"fig-2.5-pipeline": "What is left after each phase"},
    "classifier": {
        "fig-4.5-auc-summary": "AUC of all arms",
        "roc-arms": "ROC curves of all arms",
        "pr-arms": "Precision and recall of all arms",
        "reliability-arms": "Reliability of all arms",
        "fig-3.10-folds": "Folds",
        "table-auc": "AUC with intervals",
        **{name_figure("roc", arm): f"ROC curves, {arm}" for arm in list_arms()},
        **{name_figure("auc", arm): f"AUC of the folds, {arm}" for arm in list_arms()},
    },
}


def list_outputs(family):
    """Return the files of a family's figures; the PNGs also go into Snakemake's own report."""
    files = []
    for name, label in FIGURES[family].items():
        png = report(
            f"results/figures/{name}.png",
            caption=f"../report/{caption_of(name)}.rst",
            category="Figures",
            subcategory=family.capitalize(),
            labels={"figure": label},
        )
        files += [png, f"results/figures/{name}.pdf", f"results/figures/{name}.csv"]
    return files


def caption_of(name):
    """Return the name of a figure's caption in report/: those that every arm has share one."""
    kinds = {
        name_figure(kind, arm): f"{kind}-arm" for kind in ("roc", "auc") for arm in list_arms()
    }
    return kinds.get(name, name)


def digest_of_rules():
    """Return a digest of what decides how rules depend on each other, for a rule's params.

    That is the text of the rules without comments, and what in the config is a word, a truth value
    or null; numbers change no rule.
    """
    words = []
    for path in [BASE / "Snakefile", *sorted(BASE.glob("rules/*.smk"))]:
        with tokenize.open(path) as text:
            tokens = tokenize.generate_tokens(text.readline)
            words += [token.string for token in tokens if token.type != tokenize.COMMENT]
    choices = [
        (stage, key, value)
        for stage in STAGES
        for key, value in sorted(config[stage].items())
        if value is None or isinstance(value, (bool, str, dict))
    ]
    text = " ".join(" ".join(words).split()) + json.dumps(choices, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def list_shown():
    """Return the figures of this configuration: what the report shows."""
    drawn = uses_stand_in("cfd") or uses_stand_in("disfa")
    families = [family for family in FIGURES if drawn or family != "examples"]
    return [f"results/figures/{name}.png" for family in families for name in FIGURES[family]]


def pngs_of(wildcards, output):
    """Return the PNGs among a rule's outputs: what its command is asked for."""
    return [path for path in output if path.endswith(".png")]


def note_option(*keys):
    """Return the remark below figures that are made of the named sources: cfd, disfa, seeds."""
    drawn = [key.upper() for key in keys if key in ("cfd", "disfa") and uses_stand_in(key)]
    words = [f"Drawn faces stand in for {' and '.join(drawn)}."] if drawn else []
    if "seeds" in keys and config["seeds"]["labels"] is None:
        words.append("Seeds labelled by simulated reviewers.")
    return shlex.join(["--note", " ".join(words)]) if words else ""
