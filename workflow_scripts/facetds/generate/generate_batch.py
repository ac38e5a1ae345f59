"""Generate some batches of the plan (thesis 3.1, step 8; 3.10.2)."""

from pathlib import Path

import torch

from facetds import command
from facetds.code import code_digest
from facetds.errors import FacetdsError
from facetds.files import digest
from facetds.gan.checkpoint import load_generator
from facetds.generate.batches import write_block
from facetds.latents import read_directions
from facetds.tables import read_table

COLUMNS = ("batch", "order", "seed", "index", "degree", "psi")


def generate_batch(
    plan: Path,
    network: Path,
    directions: Path,
    batch: int,
    out: list[Path],
    work: Path,
    conv_type: str = "float32",
) -> None:
    """Write the images of `batch`, `batch` + 1, ... to the directories of their manifests `out`.

    A manifest has image, seed, order, index, degree, psi and sha256, in the order of the plan; its
    directory is its name without the suffix, and what else lay there is gone. Batches beyond the
    last planned one are empty. conv_type: float32, or bfloat16 for speed (see
    `gan.acceleration.Acceleration`). Whole batches are kept in the folder `work`: a run that was
    stopped (exit status `workplace.STOPPED`) goes on after them.
    """
    table = read_table(plan, COLUMNS)
    table = table[table["batch"].between(batch, batch + len(out) - 1)]
    if table.empty:
        raise FacetdsError(f"{plan} has no batch {batch}; run plan_images again.")
    code = digest(network)
    found = read_directions(directions, code)
    made_by = (
        code,
        digest(directions),
        code_digest("facetds.generate.generate_batch"),
        torch.__version__,
        torch.get_num_threads(),
        conv_type,
    )
    generator = load_generator(network, conv_type)
    write_block(table, dict(enumerate(out, batch)), generator, found, work, made_by)


if __name__ == "__main__":
    command.run(generate_batch)
