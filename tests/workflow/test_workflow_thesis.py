"""The paper's sizes on data sets of the true layout: the whole graph is planned."""

import pytest

DISFA_AUS = (1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26)
PAPER = "profiles/thesis/paper.yaml"


@pytest.fixture
def data_sets(copied, tmp_path):
    """Return an overlay that names empty copies of CFD 3.0 and DISFA."""
    cfd, disfa = tmp_path / "CFD Version 3.0", tmp_path / "DISFA"
    for name in ("CFD/WM-012/CFD-WM-012-034-N", "CFD-MR/MF-329/CFD-MF-329-001-N",
                 "CFD-INDIA/IM-647/CFD-IM-647-548-N"):  # fmt: skip
        photo = cfd / "Images" / f"{name}.jpg"
        photo.parent.mkdir(parents=True)
        photo.touch()
    (disfa / "Video_RightCamera").mkdir(parents=True)
    for number in [*range(1, 14), 16, 17, 18, 21, *range(23, 33)]:
        subject = f"SN{number:03d}"
        (disfa / f"Video_RightCamera/RightVideo{subject}_comp.avi").touch()
        labels = disfa / "ActionUnit_Labels" / subject
        labels.mkdir(parents=True)
        for au in DISFA_AUS:
            (labels / f"{subject}_au{au}.txt").touch()
    overlay = tmp_path / "paths.yaml"
    overlay.write_text(f"data: {{cfd: {cfd!s}, disfa: {disfa!s}}}\n")
    return overlay


def test_the_thesis_is_planned_in_full(copied, data_sets):
    # The paths first, as config.yaml is: the sizes must leave them as they are.
    jobs = copied.planned("--configfile", str(data_sets), PAPER)
    assert "render_cfd" not in jobs
    assert "render_disfa" not in jobs
    assert jobs["render_previews"] == 30
    # 196 batches, ten in a job.
    assert jobs["generate_batch"] == jobs["score_batch"] == jobs["extract_features"] == 20
    assert jobs["choose_images"] == 1
    assert jobs["crop_subject"] == 26
    assert jobs["train_segment"] == 125
    assert jobs["train_arm"] == 3


def test_the_thesis_profile_is_the_same_plan(copied, data_sets):
    words = ("--dry-run", "--profile", "profiles/thesis")
    said = copied.snakemake(*words, "--configfile", PAPER, str(data_sets))
    assert "generate_batch" in said.stdout + said.stderr
