"""Render one shard of seed previews, and a sheet of them with their numbers."""

from pathlib import Path

from facetds import command
from facetds.files import digest
from facetds.gan.checkpoint import load_generator
from facetds.images import write_image
from facetds.progress import say, track
from facetds.seeds.previews import draw_sprites, seeds_of_shard, write_previews
from facetds.shards import preview_directory
from facetds.tables import write_table


def render_previews(
    network: Path, out: Path, sprite: Path, shard: int, shard_size: int, previews: int, psi: float
) -> None:
    """Write the images to the previews' directory, their sprite sheet, and last the manifest `out`.

    The manifest has seed, image, sha256, and on every row the network's digest and psi: a seed
    shows another face with another network or truncation.
    """
    generator = load_generator(network)
    seeds = seeds_of_shard(shard, shard_size, previews)
    bar = track(seeds, what=f"shard {shard}", unit="seed")
    manifest, thumbnails = write_previews(preview_directory(out), bar, generator, psi)
    elapsed = bar.format_dict["elapsed"]
    say(f"{len(seeds):,} previews in {elapsed:.1f} s, {len(seeds) / elapsed:.1f} per second")
    write_image(sprite, draw_sprites(thumbnails, seeds))
    write_table(out, manifest.assign(network=digest(network), psi=psi))


if __name__ == "__main__":
    command.run(render_previews)
