"""The choice of frames: quotas, distances, order, and independence of the subjects."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facetds.aus import AU_NAMES, DISFA_AUS
from facetds.data.choose_frames import choose_frames
from facetds.data.list_pretrain import list_pretrain
from facetds.data.selection import POSITIVE_NAMES, binarise, draw_spread, select_frames
from facetds.errors import FacetdsError
from facetds.tables import read_table, write_table


def video(length, seed=0, subject="SN001"):
    """Return frames of a made-up video, with events of a few AUs and neutral stretches."""
    random = np.random.default_rng(seed)
    table = pd.DataFrame(
        0, index=range(length), columns=[f"AU{au}" for au in DISFA_AUS], dtype=np.uint8
    )
    for au, events in {"AU12": 4, "AU4": 2, "AU1": 1}.items():
        for start in random.integers(0, length, events):
            table.loc[start : start + length // 15, au] = random.integers(1, 6)
    table.insert(0, "frame", np.arange(1, length + 1))
    table.insert(0, "subject", subject)
    return table


@given(st.integers(1, 400), st.integers(1, 60), st.integers(1, 9), st.integers(0, 5))
@settings(max_examples=40, deadline=None)
def test_chosen_frames_are_as_many_as_there_can_be(length, count, gap, seed):
    table = binarise(video(length, seed), 2)
    chosen = select_frames(table, count, 0.5, gap, np.random.default_rng(seed))
    assert len(chosen) == min(count, length)
    assert chosen["frame"].is_monotonic_increasing
    assert chosen["frame"].is_unique
    # The distance is kept wherever twice as many places are free at it.
    if length >= 2 * gap * count:
        assert (chosen["frame"].diff().dropna() >= gap).all()


def test_every_au_gets_its_quota_and_neutral_frames_fill_up():
    table = binarise(video(4845, seed=3), 2)
    positive = table[list(POSITIVE_NAMES)]
    chosen = select_frames(table, 300, 0.5, 5, np.random.default_rng(0))
    got = chosen[list(POSITIVE_NAMES)].sum()
    for name in POSITIVE_NAMES:
        assert got[name] >= min(25, positive[name].sum() // 10), name
    shown = chosen[list(POSITIVE_NAMES)].any(axis=1)
    intensities = chosen[[f"AU{au}" for au in DISFA_AUS]]
    assert (intensities[~shown] == 0).all(axis=None), "frames without a positive AU are neutral"
    assert 0.2 < shown.mean() < 0.5


def test_every_frame_tells_what_it_was_chosen_for():
    table = binarise(video(4845, seed=3), 2)
    chosen = select_frames(table, 300, 0.5, 5, np.random.default_rng(0))
    for name, part in chosen.groupby("chosen_for"):
        if name.startswith("AU"):
            assert part[f"P{name[2:]}"].all(), name
            assert len(part) <= 25, "no more than the AU's share: 0.5 x 300 / 6"
        elif name == "neutral":
            assert (part[[f"AU{au}" for au in DISFA_AUS]] == 0).all(axis=None)
    shown = table[list(POSITIVE_NAMES)].any()
    named = {f"AU{name[1:]}" for name in shown.index[shown]} | {"neutral"}
    assert set(chosen["chosen_for"]) == named
    crowded = table[table["P12"] == 1][:40]
    short = select_frames(crowded, 40, 0.3, 5, np.random.default_rng(0))
    assert crowded["P4"].all(), "both AUs show, so the frames for AU4 fill AU12's share too"
    assert short["chosen_for"].value_counts().to_dict() == {"any": 38, "AU4": 2}


def test_spread_frames_cover_the_whole_pool():
    drawn = np.sort(draw_spread(np.arange(1, 1001), 10, [], 5, np.random.default_rng(0)))
    assert len(drawn) == 10
    assert ((drawn - 1) // 100).tolist() == list(range(10))


def test_threshold_decides_what_is_positive():
    table = video(30).assign(AU6=2)
    assert binarise(table, 2)["P6"].all()
    assert not binarise(table, 3)["P6"].any()


def choose(tmp_path, table, **changes):
    write_table(tmp_path / "frames.csv", table)
    options = {
        "seed": 1,
        "frames_per_subject": 20,
        "positive_share": 0.5,
        "min_gap": 2,
        "threshold": 2,
    }
    choose_frames(tmp_path / "frames.csv", tmp_path / "out.csv", **(options | changes))
    return (tmp_path / "out.csv").read_bytes(), read_table(tmp_path / "out.csv")


def test_subjects_are_drawn_independently_and_reproducibly(tmp_path):
    both = pd.concat([video(100, 1, "SN001"), video(100, 2, "SN002")])
    first, table = choose(tmp_path, both)
    assert choose(tmp_path, both)[0] == first
    assert choose(tmp_path, both, seed=2)[0] != first
    assert table["subject"].value_counts().to_dict() == {"SN001": 20, "SN002": 20}
    alone = choose(tmp_path, both, dropped_subjects=["SN001"])[1]
    expected = table[table["subject"] == "SN002"].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone, expected)
    names = ["subject", "frame", *(f"AU{au}" for au in DISFA_AUS), *POSITIVE_NAMES, "chosen_for"]
    assert table.columns.tolist() == names


def test_pretraining_labels_must_be_binary(tmp_path):
    table = pd.DataFrame({"path": ["a.jpg", "b.jpg"], "subject": [3, 4], "sha256": "0"})
    table = table.assign(**{name: [0, 1] for name in AU_NAMES})
    write_table(tmp_path / "in.csv", table)
    files = {"out": tmp_path / "out.csv", "rejected": tmp_path / "rejected.csv"}
    list_pretrain(tmp_path / "in.csv", "drawn", **files, seed=1)
    assert read_table(tmp_path / "out.csv")["number"].tolist() == [0, 1]
    write_table(tmp_path / "in.csv", table.assign(AU4=[0, 2]))
    with pytest.raises(FacetdsError, match=r"in\.csv holds no usable image"):
        list_pretrain(tmp_path / "in.csv", "drawn", **files, seed=1)
