"""The paper's sizes on data sets of the true layout: the whole graph is planned."""

import pytest
from scale import make_data_sets

PAPER = "profiles/thesis/paper.yaml"


@pytest.fixture
def data_sets(copied, tmp_path):
    """Return an overlay that names empty copies of CFD 3.0 and DISFA."""
    return make_data_sets(tmp_path)


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
    assert jobs["train_arm"] == 4


def test_the_thesis_profile_is_the_same_plan(copied, data_sets):
    words = ("--dry-run", "--profile", "profiles/thesis")
    said = copied.snakemake(*words, "--configfile", PAPER, str(data_sets))
    assert "generate_batch" in said.stdout + said.stderr


def test_ten_million_images_are_planned_as_the_recipe_says(copied, data_sets, tmp_path):
    sizes = tmp_path / "sizes.yaml"
    sizes.write_text("generate: {n_images: 10000000, batch_size: 5000, batches_per_job: 10}")
    jobs = copied.planned("--configfile", PAPER, str(data_sets), str(sizes))
    assert jobs["generate_batch"] == jobs["check_faces"] == jobs["extract_features"] == 200
    assert jobs["choose_images"] == jobs["measure_distances"] == 1


def test_more_batches_than_a_command_line_holds_are_refused(copied, data_sets, tmp_path):
    sizes = tmp_path / "sizes.yaml"
    sizes.write_text("generate: {n_images: 10000000}")
    words = ("-n", "--configfile", PAPER, str(data_sets), str(sizes))
    done = copied.snakemake(*words, check=False)
    said = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == 1
    assert "generate.batch_size: 10,000,000 images would be 19,532 batches, more than 2,500" in said
