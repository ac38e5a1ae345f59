"""Measure what it was worth to leave out edits that change the labels of their seeds."""

from pathlib import Path

from facetds import command
from facetds.annotate.drift import measure_saving as measure
from facetds.progress import say
from facetds.tables import read_table, write_table


def measure_saving(images: Path, variants: Path, plan: Path, out: Path, seed: int) -> None:
    """Write the plan beside inheriting blindly (`facetds.annotate.drift.measure_saving`).

    `images` is that of measure_drift, `variants` and `plan` those of plan_images.
    """
    columns = ("seed", "index", "degree", "role", "agreement", "label_agreement")
    found = measure(
        read_table(images, columns),
        read_table(variants, ("index", "degree", "kept")),
        read_table(plan, ("index", "degree")),
        seed,
    )
    write_table(out, found.round(4))
    blind, kept = found.to_dict("records")
    say(
        f"In the planned images {kept['agreement']:.1%} of the AUs are seen as in their seed's own "
        f"image, against {blind['agreement']:.1%} if all edits took part"
    )
    say(f"of {blind['changed']:,} labels that would no longer hold, {kept['saved']:,} are saved")
    for name, words in (("agreement", "with the seeds' images"), ("label", "with their labels")):
        low, high = (kept[f"{name}_gain_{end}"] for end in ("low", "high"))
        gain = kept[f"{name}_gain"]
        say(f"gain of the agreement {words}: {gain:+.3f} (95 % {low:+.3f} to {high:+.3f})")


if __name__ == "__main__":
    command.run(measure_saving)
