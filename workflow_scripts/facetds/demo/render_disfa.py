"""Draw one subject of the DISFA stand-in: the video, and the labels of twelve AUs."""

from pathlib import Path

from facetds import command
from facetds.demo.disfa import draw_subject
from facetds.demo.truth import DECIMALS
from facetds.tables import write_table


def render_disfa(
    subject: str, out: Path, seed: int, disfa_frames: int, disfa_height: int, flaws: bool
) -> None:
    """Write the subject's video and label files below the folder of `out` (.csv), the truth."""
    truth = draw_subject(out.parent, subject, seed, disfa_frames, disfa_height, flaws)
    write_table(out, truth, DECIMALS)


if __name__ == "__main__":
    command.run(render_disfa)
