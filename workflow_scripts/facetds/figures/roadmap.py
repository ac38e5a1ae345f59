"""The rules of the workflow and what each needs: the project's roadmap (thesis Figure A.1)."""

import re
from collections.abc import Iterable
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Rectangle
from scipy.optimize import linear_sum_assignment

from facetds.errors import FacetdsError
from facetds.figures import style

COLUMNS = 5
"""Boxes beside each other in a lane."""

BOX, LINE, GAP, LEFT = (1.24, 0.215), 0.3, 0.07, 0.85
"""Width and height of a box, distance of two rows, height between two lanes, and place of the
first column, in inches."""

COLOURS = ("#004488", "#BB5566", "#8a6d00", "#117733", "#882255", "#555555")


def find_stages(files: Iterable[Path]) -> dict[str, str]:
    """Return the stage of each rule: the name of the file, rules/<stage>.smk, that it stands in."""
    return {
        rule: path.stem
        for path in files
        for rule in re.findall(r"^ *rule (\w+):", path.read_text(encoding="utf-8"), re.MULTILINE)
    }


def read_graph(dot: str, stages: dict[str, str]) -> pd.DataFrame:
    """Return before, after, stage_before, stage_after, direct: which rule needs which.

    `dot` is what `snakemake --rulegraph` prints. direct is 0 where another way leads from the one
    to the other, so that the arrow can be left out. Rules outside `stages` (all) are left out.
    Raises `FacetdsError` if there is no graph.
    """
    names = dict(re.findall(r'(\d+)\[label = "(\w+)"', dot))
    edges = [(names[a], names[b]) for a, b in re.findall(r"(\d+) -> (\d+)", dot)]
    # A rule that goes on from its own output (train_segment) is no step of its own.
    graph = nx.DiGraph([(a, b) for a, b in edges if a != b and {a, b} <= set(stages)])
    if not graph:
        raise FacetdsError("Snakemake printed no graph of rules; see the log of this job.")
    direct = nx.transitive_reduction(graph)
    rows = [
        (before, after, stages[before], stages[after], int(direct.has_edge(before, after)))
        for before, after in sorted(graph.edges)
    ]
    names = ["before", "after", "stage_before", "stage_after", "direct"]
    return pd.DataFrame(rows, columns=names)


def place_rules(edges: pd.DataFrame, lanes: list[str]) -> pd.DataFrame:
    """Return rule, stage, column, row: where every rule stands, rows counted from the top.

    Each stage of `lanes` is a lane, in which a rule stands below all that it needs, and otherwise
    as near as possible to the column of what it directly needs.
    """
    graph = nx.from_pandas_edgelist(edges, "before", "after", create_using=nx.DiGraph)
    direct = edges[edges["direct"] == 1]
    stages = dict(zip(edges["before"], edges["stage_before"], strict=True))
    stages |= dict(zip(edges["after"], edges["stage_after"], strict=True))
    columns: dict[str, int] = {}
    rows, top = [], 0
    for lane in lanes:
        part = graph.subgraph([rule for rule in stages if stages[rule] == lane])
        for rank in nx.topological_generations(part):
            ordered = sorted(rank)
            for first in range(0, len(ordered), COLUMNS):
                chunk = ordered[first : first + COLUMNS]
                wanted = []
                for rule in chunk:
                    needed = direct.loc[direct["after"] == rule, "before"]
                    known = [columns[before] for before in needed if before in columns]
                    wanted.append(np.mean(known) if known else (COLUMNS - 1) / 2)
                far = np.abs(np.subtract.outer(wanted, range(COLUMNS)))
                for number, column in zip(*linear_sum_assignment(far), strict=True):
                    columns[chunk[number]] = int(column)
                    rows.append((chunk[number], lane, int(column), top))
                top += 1
    return pd.DataFrame(rows, columns=["rule", "stage", "column", "row"])


def draw_roadmap(edges: pd.DataFrame, lanes: list[str]) -> Figure:
    """Draw the rules in lanes by stage, with arrows where one directly needs another.

    In the last lane (figures), which reads from nearly all others, the stages that a rule reads
    from stand in its box instead.
    """
    places = place_rules(edges, lanes)
    lanes = [lane for lane in lanes if (places["stage"] == lane).any()]
    colours = {lane: COLOURS[n % len(COLOURS)] for n, lane in enumerate(lanes)}
    step = BOX[0] + 0.16
    width = LEFT + COLUMNS * step
    places["x"] = LEFT + (places["column"] + 0.5) * step
    places["y"] = places["row"] * LINE + places["stage"].map(lanes.index) * GAP + LINE / 2
    height = places["y"].max() + (LINE + GAP) / 2
    figure = style.bare_figure(width + 0.1, height + 0.1)
    axis = figure.add_axes((0, 0, 1, 1))
    axis.set(xlim=(-0.05, width + 0.05), ylim=(height + 0.05, -0.05))
    axis.set_axis_off()
    for number, lane in enumerate(lanes):
        rows = places.loc[places["stage"] == lane, "y"]
        low, high = rows.min() - (LINE + GAP) / 2, rows.max() + (LINE + GAP) / 2
        if number % 2 == 0:
            axis.add_patch(Rectangle((0, low), width, high - low, color="#f3f3f3", lw=0, zorder=0))
        axis.text(0.08, (low + high) / 2, lane, color=colours[lane], weight="bold", va="center")
    spots = places.set_index("rule")
    drawn = edges[(edges["direct"] == 1) & (edges["stage_after"] != lanes[-1])]
    for edge in drawn.itertuples():
        _draw_arrow(axis, spots.loc[edge.before], spots.loc[edge.after], colours[edge.stage_before])
    for spot in places.itertuples():
        needs = edges[(edges["after"] == spot.rule) & (edges["stage_before"] != lanes[-1])]
        sources = [lane for lane in lanes if lane in set(needs["stage_before"])]
        listed = sources if spot.stage == lanes[-1] else []
        _draw_rule(axis, spot, colours[spot.stage], listed)
    return figure


def _draw_arrow(axis: Axes, before: pd.Series, after: pd.Series, colour: str) -> None:
    # Down as a rule; what the audit of the labels finds goes back up to the plan of images.
    side = BOX[1] / 2 if before["y"] < after["y"] else -BOX[1] / 2
    axis.add_patch(
        FancyArrowPatch(
            (before["x"], before["y"] + side), (after["x"], after["y"] - side),
            connectionstyle="arc3,rad=0.04", arrowstyle="-|>", mutation_scale=5, color=colour,
            lw=0.7, alpha=0.75, shrinkA=0, shrinkB=0, zorder=1,
        )
    )  # fmt: skip


def _draw_rule(axis: Axes, spot, colour: str, sources: list[str]) -> None:
    corner = spot.x - BOX[0] / 2, spot.y - BOX[1] / 2
    axis.add_patch(
        FancyBboxPatch(
            corner, *BOX, boxstyle="round,pad=0,rounding_size=0.05", facecolor="white",
            edgecolor=colour, lw=0.8, zorder=2,
        )
    )  # fmt: skip
    shift = 0.035 if sources else 0
    axis.text(spot.x, spot.y - shift, spot.rule, ha="center", va="center", fontsize=6.6, zorder=3)
    if sources:
        words = ", ".join(sources) if len(sources) < 3 else f"{len(sources)} stages"
        axis.text(
            spot.x, spot.y + 0.055, f"from {words}", ha="center", va="center", fontsize=5.2,
            color=style.MUTED, zorder=3,
        )  # fmt: skip
