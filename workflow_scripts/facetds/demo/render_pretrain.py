"""Draw one shard of the faces that the AU classifier's backbone is pre-trained on."""

from pathlib import Path

from facetds import command
from facetds.demo.pretrain import draw_shard
from facetds.demo.truth import DECIMALS
from facetds.tables import write_table


def render_pretrain(
    out: Path,
    shard: int,
    seed: int,
    pretrain_subjects: int,
    pretrain_images: int,
    pretrain_size: int,
    shard_size: int,
) -> None:
    """Write the pictures of the shard's subjects beside the table `out` (.csv) that lists them."""
    numbers = range(shard * shard_size, min((shard + 1) * shard_size, pretrain_subjects))
    table = draw_shard(out, numbers, pretrain_images, pretrain_size, seed)
    write_table(out, table, DECIMALS)


if __name__ == "__main__":
    command.run(render_pretrain)
