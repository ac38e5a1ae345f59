"""The stand-ins lie as CFD 3.0 and DISFA do, with their traps, and say that they are drawn."""

import re
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facetds.aus import AU_NAMES, DISFA_AUS
from facetds.demo import courses, disfa, models, pretrain, recipes, workbook
from facetds.demo.draw_contact_sheet import draw_contact_sheet
from facetds.demo.folders import remove_others
from facetds.demo.gather_cfd import gather_cfd
from facetds.demo.gather_disfa import gather_disfa
from facetds.demo.gather_pretrain import gather_pretrain
from facetds.demo.render_cfd import render_cfd
from facetds.demo.render_disfa import render_disfa
from facetds.demo.render_pretrain import render_pretrain
from facetds.demo.truth import INTENSITIES, LANDMARKS, POSE
from facetds.errors import BadInput, FacetdsError
from facetds.files import digest
from facetds.foreign import read_image, read_video
from facetds.tables import read_table

NAME = re.compile(r"CFD-([ABLWMI])([FM])-(\d{3})-(\d{3})(?:-([12]))?-(N|A|F|HC|HO)\.jpg")
COUNT, HEIGHT, SHARD = 14, 120, 7
SUBJECTS, FRAMES = ("SN002", "SN003"), 24


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """All stand-ins at a small size, in the folder of a workflow."""
    place = tmp_path_factory.mktemp("workdir")
    results = place / "results/demo"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        results = Path("results/demo")
        shards = [results / f"cfd-{shard:03d}.csv" for shard in range(COUNT // SHARD)]
        for shard, out in enumerate(shards):
            draw_cfd_shard(results / "cfd", out, shard)
        gather_cfd(shards, results / "cfd" / workbook.NAME, results / "cfd.csv", 1)
        for subject in SUBJECTS:
            render_disfa(subject, results / f"disfa/{subject}.csv", 1, FRAMES, 120, True)
        gather_disfa([results / f"disfa/{name}.csv" for name in SUBJECTS], results / "disfa.csv")
        render_pretrain(results / "pretrain/shard-000.csv", 0, 1, 3, 4, 64, 8)
        gather_pretrain([results / "pretrain/shard-000.csv"], results / "pretrain.csv")
        draw_contact_sheet(
            *(results / f"{name}.csv" for name in ("cfd", "disfa", "pretrain")),
            results / "contact_sheet.png",
        )
    return place / "results/demo"


def draw_cfd_shard(root, out, shard):
    render_cfd(root, out, shard, 1, COUNT, HEIGHT, 0.5, True, SHARD)


@pytest.fixture(scope="module")
def photos(demo):
    return read_table(demo / "cfd.csv").fillna({"flaw": "", "norming_key": ""})


def test_names_and_folders_are_cfds(demo, photos):
    files = list((demo / "cfd/Images").rglob("*.jpg"))
    assert set(photos["path"]) == {path.relative_to(demo / "cfd").as_posix() for path in files}
    assert len(photos) == len(files)
    for path in files:
        race, sex, number, *_ = NAME.fullmatch(path.name).groups()
        assert path.parent.name == f"{race}{sex}-{number}"
        assert path.parent.parent.name == {"M": "CFD-MR", "I": "CFD-INDIA"}.get(race, "CFD")
    assert (demo / "cfd/Images/CFD/.DS_Store").exists()


def test_only_some_black_and_white_models_have_expressions(photos):
    counts = photos.groupby("model")["expression"].nunique()
    races = photos.drop_duplicates("model").set_index("model")["race"]
    assert set(races[counts == 5]) == {"B", "W"}
    assert set(counts) == {1, 5}
    assert (counts[races.isin(["B", "W"])] == 1).any()


def test_table_tells_what_the_photos_show(demo, photos):
    assert {*INTENSITIES, *POSE, *LANDMARKS, "identity", "luminance"} <= set(photos.columns)
    sound = photos[photos["flaw"] != "truncated"]
    for path, sha256 in zip(photos["path"], photos["sha256"], strict=True):
        assert digest(demo / "cfd" / path) == sha256
    assert {read_image(demo / "cfd" / path).shape for path in sound["path"]} == {
        (HEIGHT, round(HEIGHT * 611 / 430), 3)
    }
    faces = photos[photos["flaw"] != "no_face"]
    inside = faces[list(LANDMARKS)].to_numpy().reshape(-1, 68, 2)
    assert (inside > 0).all()
    assert (inside < (round(HEIGHT * 611 / 430), HEIGHT)).all()
    assert set(photos["origin"]) == {"drawn, not a real person"}


def test_flawed_photos_cannot_be_used(demo, photos):
    flawed = photos[photos["flaw"] != ""].set_index("flaw")
    assert set(flawed.index) == {"truncated", "no_face"}
    with pytest.raises(BadInput, match="cannot be decoded"):
        read_image(demo / "cfd" / flawed.loc["truncated", "path"])
    empty = read_image(demo / "cfd" / flawed.loc["no_face", "path"])
    assert empty.std() < 3
    assert np.isnan(flawed.loc["no_face", [*INTENSITIES, *LANDMARKS]].astype(float)).all()
    assert not any(model.flaw for model in models.draw_models(1, COUNT, 0.5, flaws=False))


def test_workbook_is_laid_out_as_cfds(demo, photos):
    book = openpyxl.load_workbook(demo / "cfd" / workbook.NAME)
    assert book.sheetnames == [workbook.CODEBOOK, *workbook.SHEETS]
    keys = {}
    for title, name in workbook.SHEETS.items():
        rows = list(book[title].iter_rows(values_only=True))
        assert rows[7][0] == "Model"
        assert rows[6][1:3] == ("S001", "S002")
        assert rows[8][0] is None
        keys[name] = [row[0] for row in rows[9:]]
        assert ("R013B" in rows[6]) == (name == "CFD-INDIA")
        ages = [row[rows[7].index("AgeRated")] for row in rows[9:]]
        assert all(16 <= age <= 75 for age in ages)
        assert any("nothing about real faces" in str(row[0]) for row in rows[:6])
    main = photos[photos["set"] == "CFD"]
    assert sorted(keys["CFD"]) == sorted(main["model"].unique())
    assert all(re.fullmatch(r"I[FM]\d{3}-\d{3}", key) for key in keys["CFD-INDIA"])


def test_india_has_its_three_traps(photos):
    india = photos[photos["set"] == "CFD-INDIA"]
    named = {
        key: "I{}{}-{}".format(*NAME.fullmatch(Path(path).name).group(2, 3, 4))
        for path, key in zip(india["path"], india["norming_key"], strict=True)
        if key
    }
    assert sum(key != name for key, name in named.items()) == (len(named) > 2)
    names = [NAME.fullmatch(Path(path).name) for path in india["path"]]
    assert sorted(name[5] for name in names if name[5]) == ["1", "2"]
    replicate = india[india["norming_key"] == ""]
    assert len(replicate) == 1
    assert (india["model"] == replicate["model"].iloc[0]).sum() == 2


def test_models_follow_cfds_proportions():
    people = models.draw_models(1, 827, 0.4, flaws=True)
    for race, number in models.RACES.items():
        group = [model for model in people if model.race == race]
        assert len(group) == number
        assert abs(sum(model.sex == "F" for model in group) - number / 2) <= 1
        assert len({model.number for model in group}) == number
    assert {m.quirk for m in people} == {"", *models.QUIRKS}
    ages = np.array([model.age for model in people])
    assert ages.min() >= 18
    assert ages.max() <= 65
    assert abs(ages.mean() - 35) < 2
    share = np.mean([len(m.photos) == 5 for m in people if m.race in "BW"])
    assert share == pytest.approx(0.4, abs=0.01)


def test_too_many_models_are_refused():
    with pytest.raises(FacetdsError, match="cfd_models"):
        models.draw_models(1, 2500, 0, flaws=False)


@given(st.sampled_from(models.EXPRESSIONS), st.integers(0, 2**32))
def test_expressions_show_their_action_units(expression, seed):
    drawn = recipes.draw_expression(expression, np.random.default_rng(seed))
    assert set(drawn) == set(DISFA_AUS)
    assert all(0 <= value <= 5 for value in drawn.values())
    always = {"N": (), "A": (4,), "F": (1,), "HC": (12,), "HO": (12, 25)}[expression]
    never = {"N": DISFA_AUS, "A": (1, 6, 12), "F": (6, 12), "HC": (4, 15, 25), "HO": (4, 15)}
    assert all(drawn[au] >= 1.5 for au in always)
    assert all(drawn[au] <= recipes.RESIDUE for au in never[expression])


def test_expressions_separate_the_action_units():
    random = np.random.default_rng(3)
    table = pd.DataFrame(
        [recipes.draw_expression(name, random) for name in models.EXPRESSIONS * 400]
    )
    shown = table[[1, 4, 5, 6, 12, 15]] >= 1.5
    assert shown.mean().min() > 0.1
    assert np.abs(shown.corr().to_numpy() - np.eye(6)).max() < 0.9


def test_a_shard_gives_the_same_bytes_and_leaves_no_stale_photo(demo, photos, tmp_path):
    stale = tmp_path / "cfd/Images/CFD/WM-999/CFD-WM-999-001-N.jpg"
    stale.parent.mkdir(parents=True)
    stale.touch()
    out = tmp_path / "cfd-001.csv"
    draw_cfd_shard(tmp_path / "cfd", out, 1)
    assert out.read_bytes() == (demo / "cfd-001.csv").read_bytes()
    again = tmp_path / "cfd" / workbook.NAME
    gather_cfd([demo / "cfd-000.csv", out], again, tmp_path / "cfd.csv", 1)
    assert digest(again) == digest(demo / "cfd" / workbook.NAME)
    assert not stale.parent.exists()


def test_removing_keeps_what_is_listed(tmp_path):
    for name in ("a/b/c.txt", "a/d.txt", "e.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    removed = remove_others(tmp_path, [tmp_path / "e.txt", tmp_path / "a/d.txt"])
    assert removed == [tmp_path / "a/b/c.txt"]
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a", "d.txt", "e.txt"]


def test_disfa_videos_have_frames_and_labels(demo):
    truth = read_table(demo / "disfa.csv")
    assert {*INTENSITIES, *POSE, *LANDMARKS} <= set(truth.columns)
    for subject in SUBJECTS:
        frames = list(read_video(demo / f"disfa/Video_RightCamera/RightVideo{subject}_comp.avi"))
        assert [number for number, _ in frames] == list(range(1, FRAMES + 1))
        assert frames[0][1].shape == (120, 160, 3)
        corner = frames[0][1][:20, :20].mean(axis=(0, 1))
        assert corner[2] > 1.5 * corner[0]
        assert corner.max() < 120
        assert truth.loc[truth["subject"] == subject, "frame"].tolist() == list(
            range(1, FRAMES + 1)
        )
        for au in DISFA_AUS:
            text = (demo / f"disfa/ActionUnit_Labels/{subject}/{subject}_au{au}.txt").read_text()
            lines = [re.fullmatch(r"(\d+),([0-5])", line) for line in text.splitlines()]
            numbers = [int(line[1]) for line in lines]
            expected = list(range(1, FRAMES + 1 + ((subject, au) == disfa.LONGER)))
            if (subject, au) == disfa.GAP:
                expected.remove(FRAMES // 2)
            assert numbers == expected


def test_a_video_gives_the_same_bytes_twice(demo, tmp_path):
    disfa.draw_subject(tmp_path, "SN003", 1, FRAMES, 120, True)
    video = disfa.video_path(tmp_path, "SN003")
    assert digest(video) == digest(demo / "disfa/Video_RightCamera" / video.name)
    with pytest.raises(FacetdsError, match="SN001"):
        disfa.draw_subject(tmp_path, "S3", 1, FRAMES, 120, True)


def test_action_units_are_common_enough_to_learn():
    labels = []
    for subject in range(40):
        random = np.random.default_rng(subject)
        labels.append(courses.code(courses.draw_course(60, random), random))
    positive = np.array(labels)[:, :, [DISFA_AUS.index(int(au[2:])) for au in AU_NAMES]] >= 2
    assert positive.any(axis=1).mean(axis=0).min() >= 0.6
    rates = positive.mean(axis=(0, 1))
    assert rates.min() > 0.05
    assert rates.max() < 0.45
    assert not np.array(labels)[:, : courses.NEUTRAL].any()


@settings(max_examples=30)
@given(st.integers(0, 2**32), st.integers(20, 200))
def test_courses_stay_in_range(seed, frames):
    random = np.random.default_rng(seed)
    course = courses.draw_course(frames, random)
    labels, shown = courses.code(course, random), courses.disturb(course, random)
    assert course.shape == labels.shape == shown.shape == (frames, 12)
    assert np.abs(labels - course).max() <= 1.5
    assert np.abs(shown - course).max() <= 0.7 + 1e-9
    for values in (course, labels, shown):
        assert values.min() >= 0
        assert values.max() <= 5


def test_pretraining_pictures_have_independent_labels(demo):
    table = read_table(demo / "pretrain.csv")
    assert len(table) == 3 * 4
    assert list(table.columns) == ["path", "subject", "identity", *AU_NAMES, "sha256", "origin"]
    assert set(np.unique(table[list(AU_NAMES)])) <= {0, 1}
    for path, sha256 in zip(table["path"], table["sha256"], strict=True):
        assert path.startswith("results/demo/pretrain/shard-000/")
        assert digest(demo.parent.parent / path) == sha256
        assert read_image(demo.parent.parent / path).shape == (64, 64, 3)
    drawn = [
        recipes.draw_intensities(pretrain.RECIPE, np.random.default_rng(n)) for n in range(600)
    ]
    shown = pd.DataFrame(drawn)[[1, 4, 5, 6, 12, 15]] >= 1.5
    assert np.abs(shown.mean() - 0.3).max() < 0.06
    assert np.abs(shown.corr().to_numpy() - np.eye(6)).max() < 0.15


def test_no_person_is_in_two_sets(demo):
    people = [
        set(read_table(demo / f"{name}.csv")["identity"]) for name in ("cfd", "disfa", "pretrain")
    ]
    assert [len(group) for group in people] == [COUNT, len(SUBJECTS), 3]
    assert len(set.union(*people)) == sum(map(len, people))


@pytest.mark.parametrize("name", ["cfd", "disfa", "pretrain"])
def test_every_folder_says_that_its_faces_are_drawn(demo, name):
    text = (demo / name / "README.txt").read_text(encoding="utf-8")
    assert "no real person" in text
    assert f"{name}.csv" in text


def test_contact_sheet_has_a_row_of_every_kind(demo):
    sheet = read_image(demo / "contact_sheet.png")
    assert sheet.shape[0] > 1000
    assert (sheet < 200).any(axis=2).mean() > 0.2
