"""Looking at an annotation: terminal, CSV, and the page in a real browser."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import facetds
from facetds.annotate.page import build_page
from facetds.annotate.view import view
from facetds.aus import AU_NAMES
from facetds.errors import FacetdsError
from facetds.images import write_image


@pytest.fixture
def annotation(tmp_path, monkeypatch):
    """Return an annotation of 130 images with its table and pictures, in the working directory."""
    monkeypatch.chdir(tmp_path)
    rows = np.zeros((130, 6), np.uint8)
    rows[::2, 0] = 1
    rows[5, 4] = 1
    names = [f"{seed}_{order:06d}.jpg" for order, seed in enumerate([7, 8] * 65)]
    table = pd.DataFrame({"batch": 0, "image": names, "seed": [7, 8] * 65})
    table["path"] = [f"images #1/{name}" for name in names]
    table[list(AU_NAMES)] = rows
    table["flagged"] = ["AU12" if row == 5 else "" for row in range(130)]
    table.to_csv("set.csv", index=False)
    np.save("set.npy", rows)
    for name in names[:6]:
        write_image(tmp_path / "images #1" / name, np.full((16, 16, 3), 120, np.uint8))
    return tmp_path / "set.npy"


def test_the_terminal_shows_counts_checks_and_rows(annotation, capsys):
    view(annotation, rows=3, first=4)
    said = capsys.readouterr().out
    assert "130 x 6 uint8" in said
    assert re.search(r"AU1 +65 +50% █{15}\n", said)
    assert re.search(r"neutral +64 +49%", said)
    assert "checked: 6 columns; 0 or 1; a name for every row, in order" in said
    assert re.search(r" 5 8_000005\.jpg +· +· +· +· +1 +·  AU12\n", said)
    assert "3 of 130 rows" in said


def test_rows_are_chosen_by_au_and_flag(annotation, capsys):
    view(annotation, au=["AU12"], csv=annotation.with_name("au12.csv"))
    found = pd.read_csv(annotation.with_name("au12.csv"))
    assert found["image"].tolist() == ["8_000005.jpg"]
    view(annotation, au=["neutral"])
    assert "20 of 64 rows" in capsys.readouterr().out
    view(annotation, flagged=True)
    assert "1 of 1 rows" in capsys.readouterr().out
    with pytest.raises(FacetdsError, match="--au AU2: choose from AU1"):
        view(annotation, au=["AU2"])


def test_csv_holds_the_array(annotation, tmp_path):
    view(annotation, csv=tmp_path / "out.csv")
    written = pd.read_csv(tmp_path / "out.csv")[list(AU_NAMES)].to_numpy()
    np.testing.assert_array_equal(written, np.load(annotation))


def test_a_wrong_annotation_is_shown_and_named(annotation, capsys):
    rows = np.load(annotation)
    rows[3, 1] = 5
    np.save(annotation, rows)
    with pytest.raises(FacetdsError, match="row 3, AU4 is 5, not 0 or 1"):
        view(annotation, first=3, rows=1)
    said = capsys.readouterr().out
    assert "WRONG: row 3, AU4 is 5" in said
    assert re.search(r"3 8_000003\.jpg +· +5", said)
    np.save(annotation, rows[:, :4])
    with pytest.raises(FacetdsError, match="130 x 4, not images x 6"):
        view(annotation)
    annotation.write_bytes(b"no array")
    with pytest.raises(FacetdsError, match=r"not an \.npy"):
        view(annotation)


def test_the_command_has_examples(annotation):
    words = [sys.executable, "-m", "facetds.annotate.view", "--help"]
    env = {**os.environ, "PYTHONPATH": str(Path(facetds.__file__).parents[1])}
    said = subprocess.run(words, check=True, capture_output=True, text=True, env=env).stdout
    assert "    python -m facetds.annotate.view results/annotate/selected.npy --au AU12" in said


def test_names_cannot_break_out_of_the_page(tmp_path):
    rows = pd.DataFrame([[0] * 6], columns=list(AU_NAMES))
    rows.insert(0, "image", "</script><script>alert(1)</script>")
    page = build_page(rows, tmp_path / "<b>.npy", tmp_path, ["<i>"])
    assert "<script>alert" not in page
    assert "<b>" not in page
    assert "<i>" not in page


CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
def test_the_page_filters_and_turns_in_a_browser(annotation, tmp_path):
    from playwright.sync_api import sync_playwright

    view(annotation, html=tmp_path / "view.html")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        problems = []
        page.on("console", lambda message: problems.append(message.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto((tmp_path / "view.html").as_uri())
        assert page.locator("#place").inner_text() == "1 to 60 of 130"
        assert page.locator("tbody tr").count() == 60
        # The first six pictures are there, the others never were.
        loaded = "images => images.slice(0, 6).every(image => image.complete && image.naturalWidth)"
        page.wait_for_function("() => document.images[5].complete")
        assert page.locator("tbody img").evaluate_all(loaded)
        page.get_by_role("button", name="Next").click()
        page.get_by_role("button", name="Next").click()
        assert page.locator("#place").inner_text() == "121 to 130 of 130"
        page.get_by_role("button", name="AU1 65").press("Enter")
        assert page.locator("#place").inner_text() == "1 to 60 of 65"
        page.get_by_role("button", name="AU1 65").press("Enter")
        page.get_by_role("button", name="flagged 1").click()
        row = page.locator("tbody tr").all_inner_texts()
        assert [text.split() for text in row] == [
            ["5", "8_000005.jpg", "0", "0", "0", "0", "1", "0", "AU12"]
        ]
        browser.close()
    assert [text for text in problems if "ERR_FILE_NOT_FOUND" not in text] == []
