"""Training: the official steps, the schedule, and the same bytes however a run was cut."""

import json
import multiprocessing
import os
import signal

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from facetds.errors import FacetdsError
from facetds.files import digest
from facetds.gan import segments, training
from facetds.gan.checkpoint import load_generator, save_network
from facetds.gan.choose_network import choose_network
from facetds.gan.dataset import read_dataset, write_dataset
from facetds.gan.gather_training import gather_training
from facetds.gan.history import COLUMNS, find_signs, find_snapshot_signs
from facetds.gan.measure_snapshot import measure_snapshot
from facetds.gan.measurement import measure_features
from facetds.gan.schedule import adjust_p, draw_order, draw_subset, ema_beta, lazy_adam
from facetds.gan.segments import Segment, run_segment
from facetds.gan.state import (
    STATISTICS,
    check_settings,
    go_on_counting,
    new_state,
    read_state,
    write_state,
)
from facetds.gan.training import Batch, end_tick, run_iteration, take_reals, train
from facetds.gan.transfer import resumed_state
from facetds.gan.workplace import STOPPED, check_device, signals_held
from facetds.locks import locked
from facetds.tables import read_table

LOSSES = ("generator_loss", "fake_loss", "real_loss", "path_length_penalty", "r1_penalty")


@pytest.fixture
def started(tmp_path, toy, pictures):
    """Return a folder with a data set and the state before its first image."""
    write_dataset(tmp_path / "data.zip", pictures())
    write_state(tmp_path / "start.pkl", new_state(toy()))
    return tmp_path


@pytest.fixture(scope="module")
def whole(tmp_path_factory, toy, pictures):
    """Return the bytes of an undisturbed run of 25 iterations from the state in `started`."""
    folder = tmp_path_factory.mktemp("whole")
    write_dataset(folder / "data.zip", pictures())
    write_state(folder / "start.pkl", new_state(toy()))
    return run(folder, "start.pkl", "whole.pkl", 0.2)


def run(folder, previous, out, kimg, work="work", save_seconds=1e9):
    files = [folder / name for name in (previous, "data.zip", out, f"{out}.csv", work)]
    run_segment(Segment(*files, kimg), save_seconds)
    return (folder / out).read_bytes()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=["float32", "float64"])
def test_five_iterations_are_those_of_the_official_code(
    reference, assert_near, toy, monkeypatch, dtype
):
    t_loss, t_weights = {torch.float32: (2e-5, 1e-4), torch.float64: (2e-7, 1e-6)}[dtype]
    arrays, config = reference("train_steps")
    settings = toy(
        micro_batch=4, gamma=config["r1_gamma"], ema_rampup=config["ema_rampup"], augment=None,
        style_mixing=0.0,
    )  # fmt: skip
    state = new_state(settings)
    state.pl_mean = state.pl_mean.to(dtype)
    networks = {"G": state.g, "D": state.d, "G_ema": state.g_ema}
    for name, network in networks.items():
        before = f"{name.removesuffix('_ema')}_before/"
        weights = {
            key.removeprefix(before): torch.from_numpy(value)
            for key, value in arrays.items()
            if key.startswith(before)
        }
        network.to(dtype).load_state_dict(weights)
    found = {
        name: record(monkeypatch, name)
        for name in (
            "generator_loss",
            "fake_loss",
            "real_loss",
            "path_length_penalty",
            "r1_penalty",
        )
    }
    for number in range(config["iterations"]):
        now = {k.split("/")[-1]: v for k, v in arrays.items() if k.startswith(f"in/it{number}/")}
        reals, z = (torch.from_numpy(now[key]).to(dtype) for key in ("real", "gen_z_all_phases"))
        noise = [now[key] for key in sorted(now) if key.startswith("pl_noise")]
        noise = torch.from_numpy(np.concatenate(noise)).to(dtype) if noise else None
        z = z.reshape(4, settings.batch, -1)
        beta = ema_beta(8, state.shown, settings.ema_kimg, settings.ema_rampup)
        assert_near(torch.tensor(beta).to(dtype), arrays[f"out/ema_beta_it{number}"], 1e-6)
        run_iteration(state, Batch(reals, z, None, "const", noise))
        assert_near(state.pl_mean, arrays[f"out/pl_mean_it{number}"], t_loss)
        for key, value in losses_of_rounds(found, config):
            assert_near(value, arrays[f"loss/it{number}/{key}"], t_loss, key)
        for values in found.values():
            values.clear()
    compared = 0
    for name, network in networks.items():
        for key, value in network.state_dict().items():
            expected = arrays.get(f"after/{name}/{key}")
            if expected is not None:
                assert_near(value, expected, t_weights, f"{name}.{key}")
                compared += 1
    assert compared == sum(key.startswith("after/") for key in arrays)


def losses_of_rounds(found, config):
    """Yield the official name and the values of each loss of one iteration in two rounds."""
    for place in range(2):
        values = {name: calls[place] for name, calls in found.items() if calls}
        yield f"Gmain/round{place}/G_loss", values["generator_loss"]
        yield f"Dmain/round{place}/D_loss", values["fake_loss"] + values["real_loss"]
        if "path_length_penalty" in values:
            penalty = values["path_length_penalty"]
            yield f"Greg/round{place}/pl_penalty", penalty
            yield f"Greg/round{place}/G_reg", penalty * config["pl_weight"]
        if "r1_penalty" in values:
            penalty = values["r1_penalty"]
            yield f"Dreg/round{place}/r1_penalty", penalty
            yield f"Dreg/round{place}/D_reg", penalty * (config["r1_gamma"] / 2)


def record(monkeypatch, name):
    """Return a list that the values of each call of a loss are appended to."""
    values, function = [], getattr(training.losses, name)

    def recorded(*arguments):
        result = function(*arguments)
        values.append(result[0].detach())
        return result

    monkeypatch.setattr(training.losses, name, recorded)
    return values


def test_lazy_regularisation_changes_adam():
    chosen = lazy_adam(0.0025, 16)
    assert chosen["lr"] == pytest.approx(0.0025 * 16 / 17)
    assert chosen["betas"] == (0.0, pytest.approx(0.99 ** (16 / 17)))
    assert isinstance(chosen["betas"][0], float)


@given(st.floats(0, 1), st.floats(-1, 1), st.floats(0, 1), st.floats(0.1, 500))
def test_augmentation_follows_r_t_within_its_bounds(p, r_t, top, ada_kimg):
    p = min(p, top)
    new = adjust_p(p, r_t, 0.6, 64, ada_kimg, top)
    assert 0 <= new <= top
    assert (new - p) * (r_t - 0.6) >= 0
    assert abs(new - p) <= 64 / (ada_kimg * 1000) + 1e-12


def test_augmentation_moves_by_one_in_ada_kimg():
    assert adjust_p(0.2, 0.9, 0.6, 64, 100, 0.8) == pytest.approx(0.2 + 0.00064)
    assert adjust_p(0.2, 0.6, 0.6, 64, 100, 0.8) == 0.2


def test_the_average_halves_in_ema_kimg():
    assert ema_beta(16, 10**6, 5, None) ** (5000 / 16) == pytest.approx(0.5)
    assert ema_beta(16, 1000, 5, 0.05) ** (50 / 16) == pytest.approx(0.5)
    assert ema_beta(16, 0, 5, 0.05) == 0


@given(st.integers(1, 30), st.integers(0, 100), st.integers(0, 40), st.integers(0, 40))
def test_the_data_order_does_not_depend_on_the_cut(count, first, before, after):
    whole = draw_order(count, first, before + after, 7)
    parts = [draw_order(count, first, before, 7), draw_order(count, first + before, after, 7)]
    np.testing.assert_array_equal(whole, np.concatenate(parts))


def test_every_epoch_shows_everything_once_in_an_order_of_its_own():
    epochs = draw_order(30, 0, 60, 1).reshape(2, 30)
    np.testing.assert_array_equal(np.sort(epochs), [range(30), range(30)])
    assert not np.array_equal(*epochs)
    assert not np.array_equal(epochs[0], draw_order(30, 0, 30, 2))


def test_a_subset_is_drawn_from_the_seed():
    drawn = draw_subset(30, 12, 1)
    assert len(set(drawn)) == 12
    assert drawn.tolist() == sorted(drawn)
    assert drawn.tolist() == draw_subset(30, 12, 1).tolist() != draw_subset(30, 12, 2).tolist()
    assert draw_subset(30, None, 1).tolist() == list(range(30))
    with pytest.raises(FacetdsError, match=r"gan\.subset is 31.*30 images"):
        draw_subset(30, 31, 1)


def test_training_on_a_subset_shows_its_images_only(monkeypatch, toy, pictures):
    shown = []

    def watched(images, *options):
        shown.append(images.numpy())
        return take_reals(images, *options)

    monkeypatch.setattr(training, "take_reals", watched)
    list(train(new_state(toy(subset=6, augment=None)), pictures(), 8))
    np.testing.assert_array_equal(shown[0], pictures()[draw_subset(20, 6, 1)])


def test_mirrored_reals_are_every_image_and_its_flip(pictures):
    images = pictures(3)
    shown = take_reals(torch.from_numpy(images), torch.arange(6))
    assert shown.dtype == torch.float32
    assert float(shown.min()) >= -1
    assert float(shown.max()) <= 1
    back = ((shown + 1) * 127.5).round().byte().permute(0, 2, 3, 1).numpy()
    expected = np.concatenate([images, images[:, :, ::-1]])
    assert {x.tobytes() for x in back} == {x.tobytes() for x in expected}
    again = take_reals(torch.from_numpy(images), torch.tensor([4, 1]))
    assert torch.equal(again, torch.stack([shown[1].flip(2), shown[1]]))


def test_two_segments_give_the_bytes_of_one(started, whole):
    # 13 iterations end in the middle of a tick, of an adjustment of p and of an epoch.
    run(started, "start.pkl", "first.pkl", 0.104)
    assert run(started, "first.pkl", "second.pkl", 0.2) == whole
    state = read_state(started / "second.pkl")
    assert state.iteration == 25
    assert [row["kimg"] for row in state.rows] == [0.064, 0.12, 0.184]
    assert 0 < state.p <= 0.8
    assert not list((started / "work").glob("state-*"))
    images = load_generator(started / "second.pkl")(torch.randn(2, 32), None)
    assert images.shape == (2, 3, 16, 16)


def test_a_resumed_snapshot_goes_on_to_the_same_bytes(started, whole, toy):
    """As when a training is carried to another folder, and goes on there."""
    run(started, "start.pkl", "first.pkl", 0.104)
    state = resumed_state(toy(), started / "first.pkl")
    go_on_counting(state, started / "first.pkl", 0)
    write_state(started / "moved.pkl", state)
    assert run(started, "moved.pkl", "second.pkl", 0.2) == whole


def test_counting_goes_on_from_the_kimg_that_is_said(started, toy):
    state = read_state(started / "start.pkl")
    state.shown = 41_000
    write_state(started / "old.pkl", state)
    with pytest.raises(FacetdsError, match=r"after 41 kimg; set gan\.resume_kimg to 41"):
        go_on_counting(new_state(toy()), started / "old.pkl", 40)
    save_network(started / "weights.pkl", state.g_ema, state.d, {})
    new = new_state(toy())
    go_on_counting(new, started / "weights.pkl", 40)
    assert (new.shown, new.iteration, new.rows) == (40_000, 0, [])


@pytest.mark.parametrize(
    ("number", "code", "kept_at"),
    [
        (signal.SIGTERM, STOPPED, 17),
        (signal.SIGUSR1, STOPPED, 17),
        (signal.SIGINT, STOPPED, 17),
        (signal.SIGKILL, -9, 16),
    ],
)
def test_a_stopped_run_goes_on_to_the_same_bytes(
    started, whole, monkeypatch, number, code, kept_at
):
    begun = []

    def watched(state, *data):
        begun.append(state.iteration)
        yield from train(state, *data)

    def struck(state, *data):
        for ticked in train(state, *data):
            if state.iteration == 17:
                os.kill(os.getpid(), number)
            yield ticked

    monkeypatch.setattr(segments, "train", struck)
    seconds = 0 if number == signal.SIGKILL else 1e9
    child = multiprocessing.get_context("fork").Process(
        target=run, args=(started, "start.pkl", "again.pkl", 0.2, "work", seconds)
    )
    child.start()
    child.join(60)
    assert child.exitcode == code
    assert not (started / "again.pkl").exists()
    monkeypatch.setattr(segments, "train", watched)
    assert run(started, "start.pkl", "again.pkl", 0.2) == whole
    assert begun == [kept_at]


@pytest.mark.parametrize(("before", "held"), [(signal.SIG_DFL, 1), (signal.SIG_IGN, 0)])
def test_a_lost_terminal_stops_work_unless_nohup_ignores_it(before, held):
    outer = signal.signal(signal.SIGHUP, before)
    try:
        with signals_held() as received:
            os.kill(os.getpid(), signal.SIGHUP)
        assert received == [signal.SIGHUP] * held
        assert signal.getsignal(signal.SIGHUP) == before
    finally:
        signal.signal(signal.SIGHUP, outer)


def test_what_was_kept_for_other_inputs_is_not_used(started, monkeypatch, toy):
    write_state(started / "other.pkl", new_state(toy(seed=2)))
    (started / "work").mkdir()
    for name in ("state-0123456789abcdef.pkl", "state.tmp.77.pkl"):
        (started / "work" / name).write_bytes((started / "other.pkl").read_bytes())
    run(started, "start.pkl", "a.pkl", 0.016)
    assert [path.name for path in (started / "work").iterdir()] == ["lock"]
    kept = started / "work/state-broken.pkl"
    monkeypatch.setattr(segments, "_keep_only", lambda *_: kept)
    kept.write_bytes(b"half")
    assert run(started, "start.pkl", "b.pkl", 0.016) == (started / "a.pkl").read_bytes()
    assert not kept.exists()


def test_one_worker_at_a_time(started):
    with (
        locked(started / "work"),
        pytest.raises(FacetdsError, match=f"in use by process {os.getpid()}"),
    ):
        run(started, "start.pkl", "out.pkl", 0.016)
    assert run(started, "start.pkl", "out.pkl", 0.016)


def test_a_divergence_ends_the_training_with_advice(toy, pictures):
    state = new_state(toy(tick_kimg=0.008, augment=None))
    with torch.no_grad():
        state.g.synthesis.b4.const.fill_(float("nan"))
    with pytest.raises(FacetdsError, match=r"diverged before 0.008 kimg.*gan\.gamma"):
        list(train(state, pictures(), 8))


def test_too_small_a_gpu_is_told_with_advice(monkeypatch, toy, pictures):
    def overflow(*_):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(training, "run_iteration", overflow)
    with pytest.raises(FacetdsError, match=r"8 images at once; set gan\.micro_batch to 4"):
        list(train(new_state(toy()), pictures(), 8))


def test_a_tick_is_the_mean_since_the_last(toy):
    state = new_state(toy())
    taken = [name for name in STATISTICS if "penalty" not in name]
    for name in taken:
        state.sums[0, STATISTICS.index(name)] = torch.tensor([6.0, 10.0, 4])
    state.sums[0, STATISTICS.index("spread_fake")] = torch.tensor([2.0, 10.0, 4])
    end_tick(state)
    row = state.rows[0]
    assert row["loss_d"] == row["r_t"] == row["sign_real"] == 1.5
    assert row["loss_d_std"] == 0.5
    assert row["r1_penalty"] is None
    assert row["r1_penalty_std"] is None
    assert row["spread"] == pytest.approx(1 / 3)
    assert not state.sums.any()


def test_the_statistics_are_those_of_the_losses(toy, pictures):
    state = new_state(toy(augment=None, tick_kimg=0.008))
    list(train(state, pictures(), 8))
    row = state.rows[0]
    assert row["loss_d_reg"] == pytest.approx(row["r1_penalty"] / 2)
    assert row["loss_g_reg"] == pytest.approx(row["pl_penalty"] * 2)
    assert set(COLUMNS) >= set(row)
    assert row["sign_fake"] in (-1, -0.875, -0.75, 0, 1) or abs(row["sign_fake"]) < 1
    assert 0 < row["spread"] < 10


def test_what_the_preset_cifar_leaves_out_is_left_out(toy, pictures):
    left_out = {"pl_weight": 0.0, "style_mixing": 0.0, "d_architecture": "orig"}
    state = new_state(toy(tick_kimg=0.008, **left_out))
    list(train(state, pictures(), 8))
    assert state.rows[0]["pl_penalty"] is None
    assert state.rows[0]["pl_mean"] == 0
    assert state.rows[0]["loss_g"] > 0
    assert not any("skip" in name for name in state.d.state_dict())


def test_rounds_of_one_image_have_no_spread(toy, pictures):
    state = new_state(toy(tick_kimg=0.008, micro_batch=1, augment=None))
    list(train(state, pictures(), 8))
    assert state.rows[0]["spread"] is None
    assert find_signs(state.rows, None) == []


def test_resuming_takes_the_averaged_generator_and_the_discriminator(tmp_path, toy, pictures):
    old = new_state(toy(seed=5))
    old.g_ema.mapping.w_avg.fill_(0.25)
    save_network(tmp_path / "old.pkl", old.g_ema, old.d, {})
    state = resumed_state(toy(), tmp_path / "old.pkl")
    for new, source in ((state.g, old.g_ema), (state.g_ema, old.g_ema), (state.d, old.d)):
        for name, value in source.state_dict().items():
            assert torch.equal(new.state_dict()[name], value), name
    assert state.iteration == 0
    before = old.g_ema.mapping.w_avg.clone()
    list(train(state, pictures(), 8))
    assert torch.equal(old.g_ema.mapping.w_avg, before)


@pytest.mark.parametrize("change", [{"w_dim": 16}, {"resolution": 32}, {"mapping_layers": 3}])
def test_resuming_with_other_sizes_is_refused(tmp_path, change, toy):
    old = new_state(toy())
    save_network(tmp_path / "old.pkl", old.g_ema, old.d, {})
    with pytest.raises(FacetdsError, match=r"(?s)gan\.resume: .*old\.pkl: G_ema"):
        resumed_state(toy(**change), tmp_path / "old.pkl")


def test_resuming_needs_a_file_with_a_discriminator(tmp_path, toy):
    with pytest.raises(
        FacetdsError, match=r"gan\.resume: .*none\.pkl (does not exist|cannot be opened)"
    ):
        resumed_state(toy(), tmp_path / "none.pkl")
    save_network(tmp_path / "g.pkl", new_state(toy()).g_ema, None, {})
    with pytest.raises(FacetdsError, match=r"gan\.resume: .*no discriminator"):
        resumed_state(toy(), tmp_path / "g.pkl")
    with pytest.raises(FacetdsError, match="not a training snapshot"):
        read_state(tmp_path / "g.pkl")


def test_frozen_layers_stay_and_the_others_learn(toy, pictures):
    state = new_state(toy(freezed=4, augment=None))
    before = {name: value.clone() for name, value in state.d.state_dict().items()}
    list(train(state, pictures(), 16))
    changed = {
        name for name, value in state.d.state_dict().items() if not torch.equal(value, before[name])
    }
    assert changed
    assert not any(name.startswith("b16.") for name in changed)
    assert {name.split(".")[0] for name in changed} == {"b8", "b4"}


def test_batch_sizes_must_divide(toy):
    with pytest.raises(FacetdsError, match=r"gan\.batch is 8 and gan\.micro_batch 3"):
        check_settings(toy(micro_batch=3))
    with pytest.raises(FacetdsError, match=r"gan\.micro_batch is 8 and gan\.mbstd_group 3"):
        check_settings(toy(mbstd_group=3))
    check_settings(toy(micro_batch=2))


def test_the_measures_see_distance_and_collapse():
    reals = np.random.default_rng(0).normal(size=(40, 8))
    same = measure_features(reals, reals)
    assert same["fid"] == pytest.approx(0, abs=1e-6)
    assert same["diversity"] == pytest.approx(1)
    alike = measure_features(np.repeat(reals[:1], 40, axis=0), reals)
    assert alike["diversity"] < 1e-9
    assert alike["fid"] > 1


def test_the_best_snapshot_is_chosen_and_the_course_written(started):
    run(started, "start.pkl", "last.pkl", 0.12)
    options = {"fid_images": 20, "extractor": "grey-32", "seed": 1}
    for name in ("start", "last"):
        files = started / f"{name}.pkl", started / "data.zip", started / f"{name}.png"
        measure_snapshot(*files, started / f"{name}.json", **options)
    networks = [started / name for name in ("start.pkl", "last.pkl", "start.json", "last.json")]
    measures = [json.loads(path.read_text()) for path in networks[2:]]
    assert [m["kimg"] for m in measures] == [0, 0.12]
    choose_network(networks, started / "n.pkl", started / "n.json")
    best = min((0, 1), key=lambda n: measures[n]["fid"])
    chosen = json.loads((started / "n.json").read_text())
    assert chosen["fid"] == measures[best]["fid"]
    assert chosen["from"] == str(networks[best])
    assert chosen["sha256"] == digest(started / "n.pkl")
    assert {k: chosen[k] for k in ("resolution", "z_dim", "w_dim", "num_ws")} == {
        "resolution": 16, "z_dim": 32, "w_dim": 32, "num_ws": 6,
    }  # fmt: skip
    choose_network([started / "n.pkl"], started / "m.pkl", started / "m.json")
    assert json.loads((started / "m.json").read_text())["fid"] is None
    parts = [*networks[2:], started / "last.pkl.csv"]
    gather_training(parts, started / "last.pkl", started / "training.csv", started / "w.csv")
    table = pd.read_csv(started / "training.csv")
    assert tuple(table.columns) == COLUMNS
    ticks = table[table["tick"].notna()]
    assert (ticks["img_s"] * ticks["sec_kimg"]).tolist() == pytest.approx([1000, 1000], rel=0.01)
    assert ticks["sec_total"].is_monotonic_increasing
    assert (ticks["cpu_gb"] > 0.1).all()
    assert (ticks["gamma"] == 1).all()
    signs = pd.read_csv(started / "w.csv")
    assert signs["kimg"].isin(table.loc[table["warnings"].notna(), "kimg"]).all()
    assert table["kimg"].tolist() == [0, 0.064, 0.12]
    assert table["fid"].notna().tolist() == [True, False, True]
    assert len(read_dataset(started / "data.zip")) == 20


def test_a_course_without_ticks_has_the_snapshots(started):
    """As of a training that is shorter than a tick, or only begun."""
    measures = {"kimg": 0.0, "fid": 9.0, "diversity": 1.0, "extractor": "grey-32"}
    (started / "m.json").write_text(json.dumps(measures))
    run(started, "start.pkl", "short.pkl", 0.016)
    for last, parts in (("start.pkl", ["m.json"]), ("short.pkl", ["m.json", "short.pkl.csv"])):
        files = [started / name for name in parts]
        gather_training(files, started / last, started / "t.csv", started / "w.csv")
        table = read_table(started / "t.csv", COLUMNS)
        assert table[["kimg", "fid"]].values.tolist() == [[0, 9]]
        assert read_table(started / "w.csv", ("kimg", "sign", "advice")).empty


def test_a_gpu_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    check_device("cpu")
    with pytest.raises(FacetdsError, match=r"gan\.device is cuda"):
        check_device("cuda")


GOOD = {"p": 0.1, "r_t": 0.5, "loss_d": 1.0, "spread": 0.9}


@pytest.mark.parametrize(
    ("rows", "bound", "names"),
    [
        ([], 0.8, []),
        ([{}, {"p": 0.3}], 0.8, []),
        ([{}, {"p": 0.8}], 0.8, ["p_at_bound"]),
        ([{"r_t": 0.99}], 0.8, []),
        ([{"r_t": 0.99}], None, ["overfitting"]),
        ([{"loss_d": 0.05}], 0.8, ["d_wins"]),
        ([{"loss_d": 2.5}], 0.8, ["d_loses"]),
        ([{}, {"spread": 0.44}], 0.8, ["images_alike"]),
        ([{"spread": 0.15}], 0.8, ["images_alike"]),
        ([{"spread": 0.15}, {}], 0.8, []),
        ([{}] * 10 + [{"spread": 0.44}] * 10, 0.8, []),
        ([{"spread": None}], 0.8, []),
    ],
)
def test_trouble_in_a_tick_is_told_with_advice(rows, bound, names):
    signs = find_signs([GOOD | row for row in rows], bound)
    assert [sign.name for sign in signs] == names
    assert all("gan." in sign.advice for sign in signs)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"augment": None, "gamma": 0.0, "subset": 4, "lr_g": 1e-5}, "overfitting"),
        ({"lr_g": 0.1}, "images_alike"),
        ({"augment": None, "lr_g": 0.02, "lr_d": 1e-5}, "d_loses"),
    ],
)
def test_trainings_that_fail_are_told(changes, name, toy, pictures):
    state = new_state(toy(tick_kimg=0.08, **changes))
    list(train(state, pictures(), 240))
    bound = state.settings.ada_max if state.settings.augment else None
    assert name in [sign.name for sign in find_signs(state.rows, bound)]


@pytest.mark.parametrize(
    ("fid", "diversity", "names"),
    [
        ([9, 5, 4], [3, 1, 0.9], []),
        ([9, 5, 4], [1, 0.9, 0.3], ["snapshot_alike"]),
        ([9, 5, 4], [1, 0.1, 0.15], ["snapshot_alike"]),
        ([9, 4, 12], [1, 1, None], ["distance_rises"]),
        ([4, 12], [1, 1], []),
    ],
)
def test_trouble_in_a_snapshot_is_told_with_advice(fid, diversity, names):
    measures = [
        {"kimg": 4 * n, "fid": f, "diversity": d}
        for n, (f, d) in enumerate(zip(fid, diversity, strict=True))
    ]
    signs = find_snapshot_signs(measures)
    assert [sign.name for sign in signs] == names
    assert all("gan." in sign.advice for sign in signs)
