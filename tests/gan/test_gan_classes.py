"""Networks of classes: their data, their training, and what is left when one class is chosen."""

import json
import math
import zipfile

import numpy as np
import pytest
import torch

from facetds.errors import FacetdsError
from facetds.gan import training
from facetds.gan.checkpoint import load_networks, save_network
from facetds.gan.choose_network import choose_network
from facetds.gan.classes import (
    choose_label,
    describe_labels,
    distinct_labels,
    encode_labels,
)
from facetds.gan.dataset import read_dataset, read_labelled, write_dataset
from facetds.gan.make_dataset import make_dataset
from facetds.gan.measure_snapshot import measure_snapshot
from facetds.gan.networks import Discriminator, Generator
from facetds.gan.segments import Segment, run_segment
from facetds.gan.sheets import draw_fakes, draw_reals
from facetds.gan.state import new_state, read_state, write_state
from facetds.gan.training import train
from facetds.gan.transfer import resumed_state
from facetds.images import encode_png

CLASSES = [2, 0, 1, 1, 0] * 4
VECTORS = [[0.5, -1.0], [0.25, 2.0], [0.5, -1.0], [0.0, 0.0]] * 5


@pytest.fixture(scope="module")
def official_pair(reference):
    """Return the reference's generator and discriminator of three classes, and its arrays."""
    arrays, config = reference("net_cond16")
    networks = []
    for part, make in (("G", Generator), ("D", Discriminator)):
        network = make(**config[f"{part}_kwargs"])
        start = f"{part}/"
        state = {k[2:]: torch.from_numpy(v) for k, v in arrays.items() if k.startswith(start)}
        network.load_state_dict(state)
        networks.append(network.eval().requires_grad_(False))
    return *networks, arrays


@pytest.mark.parametrize(
    ("labels", "shape", "words"),
    [
        (CLASSES, (20, 3), "3 classes (8, 8, 4 images)"),
        (VECTORS, (20, 2), "labels of 2 numbers"),
        (None, (20, 0), "no labels"),
    ],
)
def test_labels_come_back_as_vectors(labels, shape, words, tmp_path, pictures):
    write_dataset(tmp_path / "d.zip", pictures(), labels)
    images, found = read_labelled(tmp_path / "d.zip", labels is not None)
    np.testing.assert_array_equal(images, read_dataset(tmp_path / "d.zip"))
    assert (found.shape, found.dtype) == (shape, np.float32)
    assert describe_labels(found) == words
    if labels is CLASSES:
        assert found.argmax(axis=1).tolist() == CLASSES
    elif labels:
        assert found.tolist() == VECTORS
    assert read_labelled(tmp_path / "d.zip", False)[1].shape == (20, 0)


def test_labels_that_are_wanted_must_be_there(tmp_path, pictures):
    write_dataset(tmp_path / "d.zip", pictures())
    with zipfile.ZipFile(tmp_path / "e.zip", "w") as archive:
        archive.writestr("0.png", encode_png(pictures()[0]))
    for name, count in (("d.zip", 20), ("e.zip", 1)):
        with pytest.raises(FacetdsError, match=f"no label for each of its {count} images.*gan"):
            read_labelled(tmp_path / name, True)
    outs = [tmp_path / name for name in ("o.zip", "o.png", "o.csv", "o.json")]
    with pytest.raises(FacetdsError, match=r"gan\.cond needs a label.*no labels"):
        make_dataset(*outs, 16, source=tmp_path / "d.zip", cond=True)


def test_of_many_labels_some_are_shown_class_0_first():
    assert distinct_labels(encode_labels([2, 0, 1, 2]), 12).tolist() == np.eye(3).tolist()
    shown = distinct_labels(encode_labels(list(range(40))), 12).argmax(axis=1)
    assert (shown[0], shown[-1], len(shown)) == (0, 39, 12)


def test_sheets_have_a_row_of_each_class(official_pair, pictures):
    generator, _, _ = official_pair
    labels, images = encode_labels(CLASSES), pictures()
    sheet = draw_reals(images, 3, labels).reshape(3, 16, 10, 16, 3).swapaxes(1, 2)
    for row, number in zip(sheet, range(3), strict=True):
        wanted = {x.tobytes() for x, k in zip(images, CLASSES, strict=True) if k == number}
        shown = [x.tobytes() for x in row if x.min() < 255 or x.tobytes() in wanted]
        assert set(shown) == wanted
        assert len(shown) == len(wanted)
    fakes = draw_fakes(generator, labels).reshape(3, 16, 10, 16, 3).swapaxes(1, 2)
    again = draw_fakes(generator, labels[labels[:, 1] == 1]).reshape(16, 10, 16, 3).swapaxes(0, 1)
    np.testing.assert_array_equal(fakes[1], again)
    assert not np.array_equal(fakes[0], fakes[1])


@pytest.mark.parametrize("label", [[2.0], [0.25, -1.0, 0.5]])
def test_a_network_of_one_class_makes_what_that_of_all_makes(label, official_pair, tmp_path):
    generator, discriminator, arrays = official_pair
    save_network(tmp_path / "all.pkl", generator, discriminator, {})
    outs = tmp_path / "network.pkl", tmp_path / "network.json"
    choose_network([tmp_path / "all.pkl"], *outs, label=label)
    g, d, _ = load_networks(outs[0])
    assert (g.c_dim, d.c_dim) == (0, 0)
    assert json.loads(outs[1].read_text())["label"] == label
    z = torch.from_numpy(arrays["in/z"])
    c = choose_label(label, 3).expand(len(z), -1)
    ws = generator.mapping(z, c)
    torch.testing.assert_close(g.mapping(z, None), ws, rtol=0, atol=1e-6)
    images = generator.synthesis(ws, "const")
    torch.testing.assert_close(g(z, None, noise_mode="const"), images, rtol=0, atol=1e-5)
    torch.testing.assert_close(d(images, None), discriminator(images, c), rtol=0, atol=1e-5)
    many = torch.randn(4000, generator.z_dim, generator=torch.Generator().manual_seed(5))
    styles = generator.mapping(many, c[:1].expand(4000, -1))[:, 0]
    errors = (g.mapping.w_avg - styles.mean(dim=0)) / styles.std(dim=0) * math.sqrt(4000)
    assert errors.abs().max() < 6


@pytest.mark.parametrize(
    ("label", "words"),
    [
        (None, r"gan\.label is null.*images of 3 classes"),
        ([3.0], r"gan\.label is 3, .*from 0 to 2"),
        ([0.5], r"gan\.label is 0\.5, "),
        ([1.0, 2.0], r"gan\.label is 1, 2, .*list of 3 numbers"),
    ],
)
def test_a_label_that_does_not_fit_is_refused(label, words, official_pair, tmp_path):
    save_network(tmp_path / "all.pkl", official_pair[0], None, {})
    with pytest.raises(FacetdsError, match=words):
        choose_network([tmp_path / "all.pkl"], tmp_path / "n.pkl", tmp_path / "n.json", label=label)


def test_networks_without_classes_take_no_label(toy, tmp_path):
    write_state(tmp_path / "s.pkl", new_state(toy()))
    with pytest.raises(FacetdsError, match=r"without classes; set gan\.label to null"):
        choose_network([tmp_path / "s.pkl"], tmp_path / "n.pkl", tmp_path / "n.json", label=[0.0])


def test_reals_keep_their_labels_and_fakes_have_those_of_others(toy, pictures, monkeypatch):
    """An image's colour tells its class, so a label that strayed is seen."""
    colours = np.array([[0, 80, 160], [80, 160, 0], [160, 0, 80]], np.uint8)
    images = np.broadcast_to(colours[CLASSES][:, None, None], (20, 16, 16, 3)).copy()
    seen, run = [], training.run_iteration

    def watched(state, batch, team):
        seen.append(batch)
        run(state, batch, team)

    monkeypatch.setattr(training, "run_iteration", watched)
    state = new_state(toy(c_dim=3, augment=None, subset=15))
    list(train(state, images, 48, labels=encode_labels(CLASSES)))
    for batch in seen:
        shown = ((batch.reals[:, :, 0, 0] + 1) * 127.5).round()
        wanted = batch.real_labels @ torch.from_numpy(colours).float()
        assert torch.equal(shown, wanted)
    drawn = torch.cat([batch.labels for batch in seen], dim=1)
    assert drawn.shape == (4, 48, 3)
    share = drawn.mean(dim=(0, 1))
    torch.testing.assert_close(share, torch.tensor([0.4, 0.4, 0.2]), rtol=0, atol=0.15)
    with pytest.raises(FacetdsError, match="labels of 0 numbers, the networks of 3"):
        list(train(state, images, 56))


def test_a_training_of_classes_goes_on_and_is_measured(toy, pictures, tmp_path):
    """Two segments give the bytes of one, and what labels pass through is trained."""
    write_dataset(tmp_path / "data.zip", pictures(), CLASSES)
    start = new_state(toy(c_dim=3))
    write_state(tmp_path / "start.pkl", start)

    def run(previous, out, kimg):
        names = (previous, "data.zip", out, f"{out}.csv", "work")
        run_segment(Segment(*(tmp_path / name for name in names), kimg), 1e9)
        return (tmp_path / out).read_bytes()

    run("start.pkl", "half.pkl", 0.064)
    assert run("half.pkl", "two.pkl", 0.136) == run("start.pkl", "one.pkl", 0.136)
    state = read_state(tmp_path / "one.pkl")
    for network, before in ((state.g, start.g), (state.d, start.d), (state.g_ema, start.g_ema)):
        assert not torch.equal(network.mapping.embed.weight, before.mapping.embed.weight)
    files = tmp_path / "one.pkl", tmp_path / "data.zip", tmp_path / "f.png", tmp_path / "m.json"
    measure_snapshot(*files, fid_images=20, extractor="grey-32", seed=1)
    assert json.loads((tmp_path / "m.json").read_text())["fid"] > 0


def test_networks_of_classes_start_from_networks_without(toy, pictures, tmp_path, capsys):
    old = new_state(toy(seed=5))
    list(train(old, pictures(), 16))
    write_state(tmp_path / "old.pkl", old)
    new = resumed_state(toy(c_dim=3, freezed=4), tmp_path / "old.pkl")
    told = capsys.readouterr().err
    assert "G_ema had no classes; untrained: mapping.embed.weight, mapping.embed.bias." in told
    assert "b4.out.weight, b4.out.bias" in told
    z, c = torch.randn(6, 32), torch.eye(3).repeat(2, 1)
    ws = old.g_ema.mapping(z, None)
    torch.testing.assert_close(new.g_ema.mapping(z, c), ws, rtol=0, atol=1e-5)
    for name, value in old.d.state_dict().items():
        assert torch.equal(new.d.state_dict()[name], value) != name.startswith("b4.out."), name
    first = {name: value.clone() for name, value in new.d.state_dict().items()}
    list(train(new, pictures(), 16, labels=encode_labels(CLASSES)))
    after = new.d.state_dict()
    assert not torch.equal(after["mapping.embed.weight"], first["mapping.embed.weight"])
    assert torch.equal(after["b16.conv0.weight"], first["b16.conv0.weight"])
    write_state(tmp_path / "new.pkl", new)
    with pytest.raises(FacetdsError, match=r"set gan\.cond: true, with labels of 3 numbers \(they"):
        resumed_state(toy(), tmp_path / "new.pkl")
    with pytest.raises(FacetdsError, match=r"set gan\.z_dim: 32 \(it is 16\)"):
        resumed_state(toy(c_dim=3, z_dim=16), tmp_path / "old.pkl")
