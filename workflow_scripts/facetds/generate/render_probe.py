"""Render a few labelled seeds along every direction: what the audit measures drift on."""

from pathlib import Path

from facetds import command
from facetds.files import digest
from facetds.gan.checkpoint import load_generator
from facetds.generate.batches import write_batch
from facetds.generate.plan import check_psi, list_variants, plan_probe
from facetds.labels import read_labels
from facetds.latents import check_indexes, read_directions
from facetds.progress import track
from facetds.tables import write_table


def render_probe(
    labels: Path,
    network: Path,
    directions: Path,
    out: Path,
    indexes: list[int],
    degrees: list[float],
    psi: float,
    probe_seeds: int,
    seed: int,
) -> None:
    """Write the images to the directory `out` without its suffix, then the manifest `out`.

    It has the columns of a batch and `role`: decide or measure (`plan_probe`).
    """
    code = digest(network)
    known = read_labels(labels, code)
    check_psi(labels, known, psi)
    found = read_directions(directions, code)
    check_indexes(indexes, found)
    plan = plan_probe(known, list_variants(indexes, [*degrees, 0.0]), probe_seeds, psi, seed)
    rows = track(plan.itertuples(), what="probe", unit="image", total=len(plan))
    manifest = write_batch(out.with_suffix(""), rows, load_generator(network), found)
    write_table(out, manifest.assign(role=plan["role"].to_numpy()))


if __name__ == "__main__":
    command.run(render_probe)
