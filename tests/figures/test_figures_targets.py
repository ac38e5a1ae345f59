"""A figure is a target that makes what it needs, and no more."""

import pytest


@pytest.mark.parametrize(
    ("figure", "needed", "spared"),
    [
        (
            "fig-4.5-auc-summary.pdf",
            {"evaluate_arms", "train_segment"},
            {"embed_tsne", "interpolate"},
        ),
        ("fig-3.1-cfd-race.csv", {"describe_cfd", "list_disfa"}, {"crop_photos", "make_dataset"}),
        ("fig-2.2-tsne.png", {"embed_tsne", "train_segment"}, {"generate_batch", "train_arm"}),
    ],
)
def test_a_figure_makes_what_it_needs(copied, figure, needed, spared):
    jobs = set(copied.planned("--forceall", f"results/figures/{figure}"))
    drawing = {job for job in jobs if job.startswith("draw_")} - {"draw_grid"}
    assert len(drawing) == 1
    assert needed <= jobs
    assert not spared & jobs
    assert "build_report" not in jobs


@pytest.mark.parametrize(
    ("figure", "jobs"),
    [
        ("fig-1.2-au-intensities.pdf", {"render_intensities", "draw_intensities"}),
        ("fig-A.1-rules.pdf", {"draw_rules"}),
    ],
)
def test_a_figure_of_nothing_else_makes_nothing_else(copied, figure, jobs):
    assert set(copied.planned("--forceall", f"results/figures/{figure}")) == jobs
