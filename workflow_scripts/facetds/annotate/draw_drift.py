"""Draw how far edits keep the labels of their seeds, and count what the audit saved."""

from pathlib import Path

from facetds import command
from facetds.annotate.drift import measure_saving
from facetds.annotate.heatmaps import draw_drift as draw
from facetds.files import replacing
from facetds.progress import say
from facetds.tables import read_table, write_table


def draw_drift(
    drift: Path,
    images: Path,
    variants: Path,
    plan: Path,
    out: Path,
    saving: Path,
    seed: int,
    max_drift: float | None = None,
) -> None:
    """Write the heatmaps to `out`, and to `saving` the plan against inheriting blindly.

    `max_drift` is missing where the audit does not decide (annotate.mode thesis).
    """
    judged = read_table(variants, ("index", "degree", "kept"))
    found = measure_saving(
        read_table(images, ("seed", "index", "degree", "role", "agreement", "label_agreement")),
        judged,
        read_table(plan, ("index", "degree")),
        seed,
    )
    write_table(saving, found.round(4))
    blind, kept = found.to_dict("records")
    words = (
        f"In the planned images {kept['agreement']:.1%} of the AUs are seen as in their seed's own "
        f"image, against {blind['agreement']:.1%} if all edits took part: of {blind['changed']:,} "
        f"labels that would no longer hold, {kept['saved']:,} are saved"
    )
    say(words)
    say(
        f"gain {kept['agreement_gain']:+.3f} (95 % {kept['agreement_gain_low']:+.3f} to "
        f"{kept['agreement_gain_high']:+.3f}); of the agreement with the seeds' labels "
        f"{kept['label_gain']:+.3f} ({kept['label_gain_low']:+.3f} to "
        f"{kept['label_gain_high']:+.3f})"
    )
    table = read_table(drift, ("index", "degree", "drift", "agreement"))
    figure = draw(table, judged, words, max_drift)
    with replacing(out) as temporary:
        figure.savefig(temporary, dpi=150, metadata={"Software": None})


if __name__ == "__main__":
    command.run(draw_drift)
