"""Draw a contact sheet of everything that the demo draws."""

from pathlib import Path

from facetds import command
from facetds.demo.contact import cfd_rows, disfa_rows, plot_rows, pretrain_rows
from facetds.tables import read_table


def draw_contact_sheet(cfd: Path, disfa: Path, pretrain: Path, out: Path) -> None:
    """Draw rows of photos, video frames and pre-training pictures, from their tables, as PNG."""
    rows = cfd_rows(cfd.with_suffix(""), read_table(cfd, ("path", "expression", "flaw")))
    rows += disfa_rows(disfa.with_suffix(""), read_table(disfa, ("subject", "frame")))
    rows += pretrain_rows(read_table(pretrain, ("path", "subject")))
    plot_rows(rows, out)


if __name__ == "__main__":
    command.run(draw_contact_sheet)
