"""Build the report: one page with the answers, the figures, and how they came about."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Annotated

import typer
import yaml
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from facetds import command
from facetds.configs import check_config
from facetds.figures import acceptance, page, provenance
from facetds.figures.explore import explore_run
from facetds.figures.style import arm_styles
from facetds.files import write_text

COSTS = {"stage": "stage", "rule": "rule", "jobs": "jobs", "seconds": "seconds",
         "cpu_seconds": "CPU seconds", "max_mb": "memory (MB)"}  # fmt: skip
STAGES = {name: text for name, text in COSTS.items() if name != "rule"}
STAGES |= {"gpu_mb": "GPU memory (MB)"}
WARNINGS = {"kimg": "thousand images", "sign": "sign", "advice": "what to try"}
COPIES = {"set": "set", "images": "images", "copies": "copies", "least": "nearest",
          "limit": "limit", "usual": "two people's photographs"}  # fmt: skip
FINGERPRINTS = ("data/cfd.csv", "crop/cfd.npz", "data/disfa_selected.csv", "seeds/seed_labels.csv",
                "generate/variants.csv", "select/selected.csv", "gan/network.json")  # fmt: skip
AGREEMENT = {
    "reviewers": "reviewers",
    "au": "AU",
    "n": "seeds",
    "n_a": "marked by the first",
    "n_b": "by the second",
    "agreement": "agreement",
    "kappa": "kappa [95 %]",
    "ac1": "AC1",
}
AUDIT = {"set": "set", "au": "AU", "images": "images", "seeds": "seeds",
         "effective_seeds": "effective seeds", "checked": "looked at",
         "agreement": "seen if labelled [95 %]", "elsewhere": "seen if not [95 %]"}  # fmt: skip
SAVING = {"plan": "edits", "variants": "index × degree", "images": "images",
          "agreement": "as in the seed's image", "label_agreement": "as labelled",
          "changed": "wrong labels", "saved": "saved", "agreement_gain": "gain [95 %]"}  # fmt: skip
EXPLORED = {"map": "fig-2.2-tsne", "scores": "score-distributions", "grid": "fig-2.4-grid"}
"""The figures that parts of the page to explore stand for."""


def build_report(
    files: Annotated[list[Path], typer.Argument(help="Tables, figures (.png), captions (.rst).")],
    template: Path,
    settings: str,
    benchmarks: Path,
    repository: Path,
    out: Path,
) -> None:
    """Write the page to `out`; parts whose files are not among `files` say so.

    Its script, report.js, lies beside the `template` and may run by its digest alone. `settings` is
    the config as JSON, `benchmarks` the folder of Snakemake's benchmarks, `repository` the folder
    of the workflow. The same inputs give the same bytes.
    """
    config = json.loads(settings)
    arms = list(config["fer"]["arms"])
    found = page.Files(files)
    check_config(repository / "config.yaml")
    defaults = yaml.safe_load((repository / "config.yaml").read_text(encoding="utf-8"))
    costs = provenance.list_costs(benchmarks, list(config))
    # Else a report would show whether it was made before.
    costs = costs[costs["rule"] != "build_report"]
    training = found.table("gan/training.csv")
    galleries = page.read_galleries(found)
    shown = {name for table in galleries.values() for name in table["image"]}
    explored = explore_run(found, config, shown)
    replaced = [name for part, name in EXPLORED.items() if explored[part]]
    script = template.with_name("report.js").read_text(encoding="utf-8")
    drawn = [name.upper() for name in ("cfd", "disfa") if config["data"][name] is None]
    simulated = config["seeds"]["labels"] is None
    checked = acceptance.check_run(found, drawn, simulated)
    facts = {part: explored[part]["facts"] for part in ("map", "scores") if explored[part]}
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True,
                              lstrip_blocks=True)  # fmt: skip
    text = environment.from_string(template.read_text(encoding="utf-8")).render(
        drawn=drawn,
        simulated=simulated,
        acceptance=checked,
        states=acceptance.count_states(checked),
        numeric=page.find_numeric,
        arms=arms,
        colours={arm: colour for arm, (colour, *_) in arm_styles(arms).items()},
        cards=page.make_cards(found, arms),
        results=page.make_results(found, arms),
        one_fold=page.has_one_fold(found),
        margin=config["fer"]["equivalence_margin"],
        measures=page.make_measures(found, arms),
        frame_level=page.make_table(
            found.table("fer/frame_level.csv"), page.FRAME_LEVEL, intervals={"value": page.INTERVAL}
        ),
        leaks=page.list_checks(found),
        questions=page.answer_questions(found, config["fer"]["arms"]),
        figures=page.make_figures(found, without=replaced),
        linked=page.list_linked(found),
        captions=page.read_captions(found),
        galleries={
            name: page.make_gallery(table, explored["images"]) for name, table in galleries.items()
        },
        tables=page.make_text_tables(found),
        explored=explored,
        sprites={"images": explored["images"]}
        | {part: explored[part]["sprite"] for part in ("map", "grid") if explored[part]},
        facts=Markup(json.dumps(facts, separators=(",", ":")).replace("<", "\\u003c")),
        script=Markup(script),
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii"),
        scores=page.make_scores(found),
        distances=page.make_distances(found),
        references=found.json("iqa/references.json"),
        agreement=page.make_table(
            found.table("agreement.csv"), AGREEMENT, intervals=limits_of("kappa")
        ),
        saving=page.make_table(
            found.table("annotate/saving.csv"), SAVING, intervals=limits_of("agreement_gain")
        ),
        audit=page.make_table(
            found.table("annotate/audit.csv"),
            AUDIT,
            {"effective_seeds": 1},
            limits_of("agreement", "elsewhere"),
        ),
        rejected=page.list_rejected(found),
        checks=found.json("fer/checks.json"),
        network=found.json("gan/network.json"),
        backbone=found.json("fer/backbone.json"),
        predictor=config["crop"]["predictor"],
        copies=page.make_table(found.table("select/copies.csv"), COPIES),
        warnings=page.make_table(found.table("gan/warnings.csv"), WARNINGS),
        stages=page.make_table(provenance.sum_stages(costs, training), STAGES, 0),
        changes=provenance.list_changes(config, defaults),
        fingerprints=provenance.list_fingerprints(found.find(*FINGERPRINTS)),
        config_digest=hashlib.sha256(settings.encode()).hexdigest(),
        trained=config["fer"]["arms"],
        index=page.list_index(found),
        started=config["gan"]["resume"],
        config_network=config["gan"]["network"],
        costs=page.make_table(costs, COSTS, 0),
        versions=provenance.list_versions(),
        commit=provenance.find_commit(repository),
        ways=provenance.list_ways(config),
        config=yaml.safe_dump(config, sort_keys=False, allow_unicode=True, width=90),
    )
    write_text(out, text)


def limits_of(*names: str) -> dict[str, tuple[str, str]]:
    """Return the columns of the lower and upper limits of columns that tables name alike."""
    return {name: (f"{name}_low", f"{name}_high") for name in names}


if __name__ == "__main__":
    command.run(build_report)
