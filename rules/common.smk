# What every rules file uses: the checked config, code digests, options, and where files lie.
import os
import re
import shlex
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger
from snakemake.utils import validate

BASE = Path(workflow.basedir)
sys.path.insert(0, str(BASE / "workflow_scripts"))

from facetds.aus import AU_NAMES
from facetds.clock import is_future, mend_dates
from facetds.code import code_digest
from facetds.configs import check_config, suggest
from facetds.data.sources import fingerprint
from facetds.errors import FacetdsError
from facetds.leftovers import explain_lock

# The stages in the order of the paper; each has a section in config.yaml and a schema.
STAGES = "demo data crop gan latent seeds generate iqa select annotate fer figures".split()

# The commands run in the environment that runs Snakemake, and keep their bytecode.
os.environ.update(
    PYTHONPATH=str(BASE / "workflow_scripts"),
    PATH=os.pathsep.join([str(Path(sys.executable).parent), *os.get_exec_path()]),
)
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# One thread per process unless a rule says otherwise; passive waiting keeps busy machines usable.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

if workflow.is_main_process and "--unlock" not in sys.argv:
    if advice := explain_lock(Path.cwd(), sys.argv):
        logger.warning(advice)
    elif count := mend_dates(Path("results")):
        logger.warning(
            f"The clock was moved back: {count:,} files in results/ were dated in the future. They"
            " are dated now, in the same order."
        )


def check_section(section, name):
    """Validate a section of the config, with one line that names the key and the remedy."""
    schema = BASE / f"schemas/{name}.schema.yaml"
    try:
        validate(section, schema)
    except WorkflowError as error:
        problem = error.__context__
        if not hasattr(problem, "json_path"):
            raise
        key = problem.json_path.replace("$", name, 1).removeprefix("config.")
        nearest = ""
        if problem.validator == "additionalProperties":
            known = problem.schema["properties"]
            nearest = suggest(set(problem.instance) - set(known), known)
        raise WorkflowError(
            f"Configuration, {key}: {problem.message}{nearest}. Correct it in config.yaml or in the file"
            f" given with --configfile; {schema.name} in schemas/ lists every key."
        ) from None


for path in workflow.configfiles:
    try:
        check_config(path)
    except FacetdsError as error:
        raise WorkflowError(f"Configuration: {error}") from None
check_section(config, "config")
for stage in STAGES:
    check_section(config[stage], stage)

# A file given with --configfile can only add to config.yaml: an arm that it sets to null is left out.
config["fer"]["arms"] = {name: arm for name, arm in config["fer"]["arms"].items() if arm}


# Seconds of work on small tables: not worth a cluster job.
localrules:
    all,
    gather_disfa,
    gather_pretrain,
    gather_data_rejected,
    gather_crop_rejected,
    describe_cfd,
    describe_disfa,
    choose_frames,
    write_lists,
    prepare_review,
    gather_backbone,


# Batches have five digits; a job's block of 1, 10 or 100 batches is named without their last ones.
BATCH_DIGITS = 5
# Rules that gather name all batches on one command line, and Linux takes 128 KiB.
MOST_BATCHES = 2500
SPARED_DIGITS = len(str(config["generate"]["batches_per_job"])) - 1


wildcard_constraints:
    arm=r"[a-z][a-z0-9_]*",
    block=rf"\d{{{BATCH_DIGITS - SPARED_DIGITS}}}",
    faces=r"pretrain(_[a-z0-9]+)?",
    fold=r"\d{2}",
    format=r"gif|mp4",
    index=r"\d+",
    kimg=r"\d{6}",
    seed=r"\d+",
    set=r"selected|random",
    shard=r"\d{3}",
    stage=r"(?!start\.)[a-z][a-z0-9]*",
    stops=r"\d+(-\d+)+",
    subject=r"SN\d{3}",


def code_of(module):
    """Return the digest of a command's code, as a rule's param: edited code makes it stale."""
    return code_digest(module)


def value_of(key):
    """Return the config value of a dotted key, such as "gan.batch"."""
    value = config
    for part in key.split("."):
        value = value[part]
    return value


def options_of(*keys):
    """Return config values as command-line options named after the keys' last parts.

    A list repeats its option, a truth value becomes --key or --no-key, null is left out.
    """
    words = []
    for key in keys:
        value = value_of(key)
        name = key.split(".")[-1].replace("_", "-")
        if value is None:
            continue
        if isinstance(value, bool):
            words.append(f"--{name}" if value else f"--no-{name}")
            continue
        for item in value if isinstance(value, list) else [value]:
            words += [f"--{name}", str(item)]
    return shlex.join(words)


def repeat(option, values):
    """Return `values` as a repeated option."""
    return shlex.join(f"--{option}={value}" for value in values)


def grow(amount):
    """Return a resource that grows with every try of a failed job: once, twice, ... the amount."""
    return lambda wildcards, attempt: amount * attempt


def grow_with_images(amount):
    """Return a memory resource in MB that grows with every try and with the generated images.

    A row of a table with all images takes at most 1.5 KiB (benchmarks/scale.py).
    """
    return grow(amount + config["generate"]["n_images"] * 3 // 2048)


def grow_with_batches(minutes):
    """Return the runtime in minutes of a job on several batches, which grows with every try.

    minutes: for a batch, several times what it takes on one core at the thesis's sizes; even a
    hundred batches stay within the day that many clusters allow a job.
    """
    return grow(30 + minutes * config["generate"]["batches_per_job"])


def seed_option():
    """Return the option that carries the root seed."""
    return options_of("seed")


def uses_stand_in(key):
    """Return whether drawn faces stand in for a data set (cfd or disfa)."""
    return config["data"][key] is None


def cfd_root():
    """Return the folder of CFD: the user's, or the rendered stand-in."""
    return config["data"]["cfd"] or "results/demo/cfd"


def disfa_root():
    """Return the folder of DISFA: the user's, or the rendered stand-in."""
    return config["data"]["disfa"] or "results/demo/disfa"


def cfd_sources():
    """Return what the CFD table depends on besides the folder itself."""
    return [] if config["data"]["cfd"] else ["results/demo/cfd.csv"]


def disfa_sources():
    """Return what the DISFA tables depend on besides the folder itself."""
    return [] if config["data"]["disfa"] else ["results/demo/disfa.csv"]


def list_pretrain_sets():
    """Return the sets of pre-training images: pretrain, and those that further stages name."""
    more = {stage["images"] for stage in config["fer"]["stages"]} - {"pretrain"}
    if unknown := more - config["data"]["pretrain_more"].keys():
        raise WorkflowError(
            f"Configuration, fer.stages: images {min(unknown)} is neither pretrain nor a name in"
            " data.pretrain_more; correct it or add the set."
        )
    return ["pretrain", *(f"pretrain_{name}" for name in sorted(more))]


def describe_pretrain_set(name):
    """Return the key of a set's path, its kind, and how many of its images are taken (or None)."""
    data = config["data"]
    if name == "pretrain":
        return "data.pretrain_path", data["pretrain"], data["pretrain_images"]
    name = name.removeprefix("pretrain_")
    entry = data["pretrain_more"][name]
    return f"data.pretrain_more.{name}.path", entry["kind"], entry["images"]


def pretrain_sources(name):
    """Return what the table of pre-training images depends on besides the images themselves."""
    key, kind, _ = describe_pretrain_set(name)
    if kind == "drawn":
        return ["results/demo/pretrain.csv"]
    if value_of(key) is None:
        raise WorkflowError(
            f"Configuration, data.pretrain: {kind} needs data.pretrain_path; set it, or take drawn."
        )
    return [find_file(key)] if kind == "csv" else []


def pretrain_source(name):
    """Return the table or folder that lists the pre-training images."""
    key, _, _ = describe_pretrain_set(name)
    return (pretrain_sources(name) or [value_of(key)])[0]


def pretrain_options(name):
    """Return the options that say what that source is, and how many images of it are taken."""
    _, kind, most = describe_pretrain_set(name)
    limit = [] if most is None else ["--pretrain-images", str(most)]
    return " ".join([seed_option(), shlex.join(["--pretrain", kind, *limit])])


def pretrain_fingerprint(name):
    """Return a digest of the user's folder of pre-training images, as `fingerprint_of` does."""
    key, kind, _ = describe_pretrain_set(name)
    return "" if kind in ("drawn", "csv") else folder_digest(value_of(key), "pretrain_path")


def photo_root(wildcards):
    """Return the folder that the paths in a table of photos start from."""
    if wildcards.source == "cfd":
        return cfd_root()
    _, kind, _ = describe_pretrain_set(wildcards.source)
    source = pretrain_source(wildcards.source)
    return {"drawn": ".", "csv": os.path.dirname(source) or "."}.get(kind, source)


def list_demo_shards(key):
    """Return the numbers of the shards that draw the people counted by demo.<key>, three digits."""
    demo = config["demo"]
    return [f"{n:03d}" for n in range(-(-demo[key] // demo["shard_size"]))]


def fingerprint_of(key):
    """Return a digest of the user's folder at data.<key>, as a rule's param.

    Snakemake does not look into folders, and cannot know the photos' names beforehand; with this
    param a photo, video or label that was added, removed or changed makes the rule stale. For the
    rendered stand-in, which has a table as input, it is empty. A missing folder ends the run here.
    """
    return folder_digest(config["data"][key], key)


def folder_digest(path, key):
    """Return the digest of a folder that `key`, the last part of data.<key>, says how to read."""
    try:
        return fingerprint(path, key) if path else ""
    except FacetdsError as error:
        raise WorkflowError(str(error)) from None


def list_subjects():
    """Return the DISFA subjects of the study, in order, without the dropped ones."""
    data = config["data"]
    return [name for name in data["subjects"] if name not in data["dropped_subjects"]]


def list_crop_shards():
    """Return the numbers of the shards that photos are cropped in, as three digits."""
    return [f"{n:03d}" for n in range(config["crop"]["shards"])]


def hide_originals():
    """Return options that hide the pictures of the user's own data, unless they may be shown."""
    if config["figures"]["show_originals"]:
        return ""
    own = {key: config["data"][key] for key in ("cfd", "disfa")}
    own["pretrain"] = config["data"]["pretrain"] != "drawn"
    return " ".join(f"--hide {key}" for key in own if own[key])


def list_kimgs():
    """Return the kimg counts of all snapshots, as six digits."""
    gan = config["gan"]
    first, last, step = gan["resume_kimg"], gan["total_kimg"], gan["snapshot_kimg"]
    if last < first or (last - first) % step:
        start = f"gan.resume_kimg, {first}, plus " if first else ""
        raise WorkflowError(
            f"Configuration, gan.total_kimg: {last} is not {start}a multiple of"
            f" gan.snapshot_kimg, {step}; correct one of them."
        )
    return [f"{k:06d}" for k in range(first, last + 1, step)]


def previous_kimg(wildcards):
    """Return the kimg count of the snapshot before this one, as six digits."""
    return f"{int(wildcards.kimg) - config['gan']['snapshot_kimg']:06d}"


def own_file(path):
    """Return a file of the workflow, seen from here: a run that is moved with it stays whole."""
    return os.path.relpath(BASE / path)


def find_file(key):
    """Return the file named by a config key: seen from here or, if not there, from the workflow."""
    path = value_of(key)
    found = [str(p) for p in (Path(path), BASE / path) if p.is_file()]
    if not found:
        raise WorkflowError(
            f"Configuration, {key}: {path} does not exist; correct the path or set it to null."
        )
    if is_future(found[0]):
        raise WorkflowError(
            f"Configuration, {key}: {path} is dated in the future, so Snakemake would refuse what is"
            f" made from it; put the clock right, or: touch {shlex.quote(found[0])}"
        )
    if re.search(r"<\w+>|\{.*\}", found[0]):
        raise WorkflowError(
            f"Configuration, {key}: {path} has a word in < > or {{ }}, which Snakemake would put"
            " something else for; rename the file or folder."
        )
    return found[0]


def find_training_images():
    """Return what the GAN learns from: the user's zip, or the cropped CFD."""
    if config["gan"]["dataset"]:
        return {"source": find_file("gan.dataset")}
    if config["gan"]["cond"]:
        raise WorkflowError(
            "Configuration, gan.cond: the crops have no labels; set it to false, or gan.dataset to"
            " a zip with labels."
        )
    return {"crops": "results/crop/cfd.npz"}


def find_resume(wildcards):
    """Return the pickle that the training starts from, or nothing for untrained networks."""
    if not config["gan"]["resume"]:
        return []
    path = find_file("gan.resume")
    if Path(path).resolve().parent == Path("results/gan").resolve():
        raise WorkflowError(
            f"Configuration, gan.resume: {path} is among the files that this training writes."
            " Copy it elsewhere, such as to resources/, and name the copy."
        )
    return path


def gpus_option():
    """Return the option that fits a batch to the GPUs, or nothing where they change nothing.

    The named presets of the official tool come in parts for 8 GPUs, however many there are.
    """
    return options_of("gan.gpus") if config["gan"]["cfg"] in (None, "demo", "auto") else ""


def list_candidates(wildcards):
    """Return the networks to choose from and their measures, or the one that gan.network names."""
    named, kimgs = config["gan"]["network"], list_kimgs()
    if config["gan"]["cond"] and config["gan"]["label"] is None:
        raise WorkflowError(
            "Configuration, gan.label: say of which class the images shall be that networks of"
            " classes (gan.cond) make, such as 0."
        )
    if isinstance(named, str):
        return [find_file("gan.network")]
    if named is not None:
        if f"{named:06d}" not in kimgs:
            raise WorkflowError(
                f"Configuration, gan.network: there is no snapshot at {named} kimg; the last of"
                f" {len(kimgs)} is at {config['gan']['total_kimg']}."
            )
        kimgs = [f"{named:06d}"]
    names = ("results/gan/network-snapshot-{kimg}.pkl", "results/gan/fid-{kimg}.json")
    return [name.format(kimg=kimg) for name in names for kimg in kimgs]


# Looked for at once, too: where an earlier run left what is made of them, Snakemake would silently
# go on with that.
list_candidates(None)
for key in ("gan.resume", "seeds.labels"):
    if value_of(key) is not None:
        find_file(key)


def list_shards():
    """Return the numbers of the seed preview shards, as three digits."""
    seeds = config["seeds"]
    count = -(-seeds["previews"] // seeds["shard_size"])
    if count > 1000:
        raise WorkflowError(
            f"Configuration, seeds.shard_size: {seeds['previews']:,} previews would be {count:,}"
            " shards, more than 1,000; make the shards larger."
        )
    return [f"{n:03d}" for n in range(count)]


def list_extractor_weights(wildcards):
    """Return the files that the chosen feature extractors take their weights from."""
    chosen = config["iqa"]["extractors"]
    files = ["results/gan/network.pkl"] if "discriminator" in chosen else []
    return files + ([find_file("iqa.inception_weights")] if "inception" in chosen else [])


def weight_options(wildcards, input):
    """Return the options that name those files."""
    options = {"results/gan/network.pkl": "--network"}
    words = [(options.get(path, "--inception-weights"), path) for path in input.get("weights", [])]
    return shlex.join([word for pair in words for word in pair])


def list_reference_features(wildcards):
    """Return the features by which references are the nearest ones, or nothing if they are not."""
    if config["iqa"]["reference_policy"] != "nearest":
        return []
    block = wildcards.get("block")
    files = [name.format(block=block) for name in per_block("results/iqa/features-{batch}.npz")]
    return ["results/iqa/features_originals.npz"] + (files if block else [])


def reference_options(wildcards, input):
    """Return the options that name those files, and how many references are taken where."""
    files = input.get("features", [])
    if not files:
        return ""
    words = [repeat("described", files[:1]), repeat("features", files[1:])]
    return " ".join([*words, options_of("iqa.references", "iqa.reference_space")])


def list_batches():
    """Return the numbers of the generated batches, as five digits."""
    generate = config["generate"]
    count = -(-generate["n_images"] // generate["batch_size"])
    if count > MOST_BATCHES:
        raise WorkflowError(
            f"Configuration, generate.batch_size: {generate['n_images']:,} images would be"
            f" {count:,} batches, more than {MOST_BATCHES:,}; make the batches larger."
        )
    return [f"{n:0{BATCH_DIGITS}d}" for n in range(count)]


def per_block(pattern):
    """Return the files of a block, the batches of one job: those of `pattern` for every {batch}.

    The rule's wildcard is {block}. The last block may go on beyond the last planned batch: those
    batches are empty, and nothing else uses them.
    """
    numbers = range(config["generate"]["batches_per_job"])
    ends = [f"{n:0{BATCH_DIGITS}d}"[BATCH_DIGITS - SPARED_DIGITS :] for n in numbers]
    return [pattern.replace("{batch}", "{block}" + end) for end in ends]


def first_batch(wildcards):
    """Return the number of a block's first batch."""
    return int(wildcards.block) * config["generate"]["batches_per_job"]


def list_drift(wildcards):
    """Return the measured drift of edits, where it decides which of them take part."""
    return ["results/annotate/drift.csv"] if config["annotate"]["mode"] == "sound" else []


def list_label_predictions(wildcards):
    """Return the table of a model's probabilities, where labels are taken or checked by it."""
    annotate = config["annotate"]
    if annotate["source"] == "seed":
        return []
    if annotate["predictions"] is None:
        raise WorkflowError(
            f"Configuration, annotate.predictions: annotate.source {annotate['source']} needs a"
            " model's table with the columns image, P_AU1 to P_AU15; name it."
        )
    return [annotate["predictions"]]


def limit_options(wildcards):
    """Return the option that limits the drift of edits, or nothing where it decides nothing."""
    return options_of("annotate.max_drift") if list_drift(wildcards) else ""


def drift_options(wildcards, input):
    """Return the options that leave out edits which drift, or nothing."""
    return " ".join(
        [*(f"--drift {shlex.quote(path)}" for path in input.drift), limit_options(wildcards)]
    )


def list_folds():
    """Return the numbers of the cross-validation folds, as two digits from 01."""
    return [f"{n:02d}" for n in range(1, config["fer"]["folds"] + 1)]


def list_first_folds():
    """Return the first fold of every job that trains folds of an arm."""
    fer = config["fer"]
    return list(range(1, fer["folds"] + 1, fer["folds_per_job"] or fer["folds"]))


def list_job_folds(first):
    """Return the folds, as two digits, of the job that begins with the fold `first`."""
    count = config["fer"]["folds_per_job"] or config["fer"]["folds"]
    return list_folds()[first - 1 : first - 1 + count]


def name_training(first):
    """Return the name of the rule that trains the folds from `first` on, train_arm if it does all."""
    return "train_arm" if len(list_first_folds()) == 1 else f"train_arm_{first:02d}"


def list_arms():
    """Return the names of the training sets that are compared."""
    return list(config["fer"]["arms"])


def find_original():
    """Return the first arm without synthetic images, which labels for others; None without one."""
    return next((n for n, arm in config["fer"]["arms"].items() if arm["set"] == "none"), None)


def check_arms():
    """Raise unless there are arms to compare, and none lacks what it needs."""
    arms = config["fer"]["arms"]
    if len(arms) < 2:
        raise WorkflowError("Configuration, fer.arms: name two arms or more to compare.")
    for name, arm in arms.items():
        if arm["set"] == "none" and len(arm) > 1:
            raise WorkflowError(
                f"Configuration, fer.arms.{name}: with set none there is nothing to label or count;"
                " leave out labels and images, or name a set."
            )
        if arm.get("labels") == "model" and find_original() is None:
            raise WorkflowError(
                f"Configuration, fer.arms.{name}: labels model are those of an arm with set none;"
                " add one, or take labels seed."
            )


check_arms()


def list_sets():
    """Return the synthetic sets that some arm trains with."""
    return sorted({arm["set"] for arm in config["fer"]["arms"].values()} - {"none"})


def find_main_ensemble():
    """Return the ensemble of the arm that the study is about, first in fer.main_contrast."""
    named, arms = config["fer"]["main_contrast"], list_arms()
    if unknown := set(named) - set(arms):
        raise WorkflowError(
            f"Configuration, fer.main_contrast: {min(unknown)} is not among fer.arms,"
            f" {', '.join(arms)}{suggest(unknown, arms)}; correct it."
        )
    return f"results/fer/{named[0]}/ensemble.keras"


def list_arm_features(wildcards):
    """Return the inputs of an arm's synthetic set, or nothing if it has none."""
    name = config["fer"]["arms"][wildcards.arm]["set"]
    return [] if name == "none" else [f"results/fer/features/{name}.npz"]


def list_labellers(folds):
    """Return a function of what the models that label an arm's images for `folds` left, or nothing."""
    return lambda wildcards: (
        expand(
            "results/fer/{arm}/fold-{fold}/{file}",
            arm=find_original(),
            fold=folds,
            file=["model.weights.h5", "training.json"],
        )
        if config["fer"]["arms"][wildcards.arm].get("labels") == "model"
        else []
    )


def arm_options(wildcards, input):
    """Return the options that tell an arm from the others."""
    arm = config["fer"]["arms"][wildcards.arm]
    words = [f"--synthetic={path}" for path in input.synthetic]
    words += [f"--labellers={path}" for path in input.labellers if path.endswith(".h5")]
    words += [f"--images={arm['images']}"] if "images" in arm else []
    return shlex.join(words)


def list_stages():
    """Return the names of the stages of pre-training, in order; each once."""
    names = [stage["name"] for stage in config["fer"]["stages"]]
    if twice := [name for name in names if names.count(name) > 1]:
        raise WorkflowError(
            f"Configuration, fer.stages: two are called {twice[0]}; give each its own name."
        )
    list_pretrain_sets()
    return names


def find_stage(wildcards):
    """Return the config of a stage of pre-training."""
    return config["fer"]["stages"][list_stages().index(wildcards.stage)]


def list_backbones(wildcards=None):
    """Return the weights that lead to a stage's start, or to the classifier: first to last.

    Random weights at the start are drawn by the first stage itself.
    """
    names = list_stages()
    if wildcards:
        names = names[: names.index(wildcards.stage)]
    begin = ["start"] if config["fer"]["weights"] == "file" or not list_stages() else []
    return [f"results/fer/stages/{name}.weights.h5" for name in begin + names]


def find_stage_start(wildcards):
    """Return the weights that a stage starts from, or nothing for random ones."""
    return list_backbones(wildcards)[-1:]


def find_stage_crops(wildcards):
    """Return the crops that a stage learns from."""
    images = find_stage(wildcards)["images"]
    return f"results/crop/{'pretrain' if images == 'pretrain' else f'pretrain_{images}'}.npz"


def stage_options(wildcards, input):
    """Return the options of a stage, with the batch of the classifier unless it has its own."""
    words = ["--start", *input.start] if input.start else []
    for key, value in ({"batch": config["fer"]["batch"]} | find_stage(wildcards)).items():
        if key not in ("name", "images"):
            words += [f"--{key.replace('_', '-')}", str(value)]
    return shlex.join(words)


def weights_option():
    """Return the option that says whether the classifier starts from random weights (none)."""
    fer = config["fer"]
    return shlex.join(["--weights", "pretrained" if fer["stages"] else fer["weights"]])


def list_weights_file():
    """Return the user's weights file, if there is one to be read.

    A missing file does not stop a plan: its job runs first, and says what to put where.
    """
    path = config["fer"]["weights_file"]
    return [path] if config["fer"]["weights"] == "file" and os.path.isfile(path or "") else []
