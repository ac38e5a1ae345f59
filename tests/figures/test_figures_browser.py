"""The report in a real Chromium: from disk, without a network, in both themes and widths."""

import json
import re

import numpy as np
import pandas as pd
import pytest

WIDTHS = (1280, 390)


@pytest.fixture(scope="module")
def report(build, drawn, results, tmp_path_factory):
    out = tmp_path_factory.mktemp("browser") / "report.html"
    build(results, out)
    return out


@pytest.fixture
def visit(chromium):
    """visit(path, width, theme, **options) -> a page; it must ask for nothing and say no error."""
    contexts, problems, requests = [], [], []

    def open_page(path, width=1280, theme="light", **options):
        context = chromium.new_context(
            viewport={"width": width, "height": 800}, color_scheme=theme, offline=True, **options
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("dialog", lambda dialog: problems.append(f"dialog: {dialog.message}"))
        page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
        page.on("request", lambda request: requests.append(request.url))
        page.goto(path.as_uri())
        page.problems = problems
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_it_opens_without_a_network_and_shows_every_image(visit, report, width, theme):
    page = visit(report, width, theme)
    page.evaluate("Promise.all([...document.images].map((image) => image.decode()))")
    widths = page.evaluate("[...document.images].map((image) => image.naturalWidth)")
    assert len(widths) > 20
    assert min(widths) > 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    sprites = page.evaluate(
        """Promise.all(["images", "map", "grid"].map(async (name) => {
             const face = document.body.appendChild(document.createElement("i"));
             face.className = `face ${name}`;
             const image = new Image();
             image.src = getComputedStyle(face).backgroundImage.slice(5, -2);
             await image.decode();
             return image.naturalWidth;
           }))"""
    )
    assert min(sprites) > 0


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing(visit, report, width, theme):
    from axe_playwright_python.sync_playwright import Axe

    page = visit(report, width, theme)
    page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    found = Axe().run(page)
    assert [violation["id"] for violation in found.response["violations"]] == []


def test_a_seed_below_the_pointer_shows_its_face_in_all_runs(visit, report, results):
    page = visit(report)
    facts = json.loads(page.inner_text("#facts"))["map"]
    number = next(n for n, face in enumerate(facts["faces"]) if face)
    left, top = (axis[number] / 1e4 for axis in facts["panels"][0])
    page.locator("#map-plot").scroll_into_view_if_needed()
    box = page.locator("#map-plot img").bounding_box()
    page.mouse.move(box["x"] + left * box["width"], box["y"] + top * box["height"])
    card = page.locator("#map-plot .card")
    assert card.is_visible()
    named = int(re.search(r"seed (\d+)", card.inner_text())[1])
    shown = facts["seeds"].index(named)
    assert np.hypot(*(np.array(facts["panels"][0])[:, shown] - (left * 1e4, top * 1e4))) < 1
    assert facts["words"][facts["labels"][shown]] in card.inner_text()
    assert page.locator("#map-plot .ring:visible").count() == len(facts["panels"]) == 3
    page.locator("#map").focus()
    page.keyboard.press("ArrowRight")
    assert f"seed {named}\n" not in card.inner_text()


def test_a_threshold_counts_and_shows_what_lies_next_to_it(visit, report, results):
    page = visit(report)
    facts = json.loads(page.inner_text("#facts"))["scores"]
    first = page.inner_text("#told")
    assert first.startswith("BRISQUE-SVR (severity)")
    page.select_option("#metric", label="SSIM")
    metric = next(m for m in facts["metrics"] if m["title"] == "SSIM")
    for step in (0, 77, 200):
        page.locator("#limit").fill(str(step))
        limit = metric["low"] + (metric["high"] - metric["low"]) * step / 200
        scores = np.array([value for value in metric["values"] if value is not None])
        # All images have a face in this small run, so that the page's list gives the counts.
        passes = scores >= limit if metric["better"] == "high" else scores <= limit
        assert f"{passes.sum()} of {facts['total']} synthetic" in page.inner_text("#told")
        for name, group in (("kept", scores[passes]), ("dropped", scores[~passes])):
            told = page.locator(f"#{name} li span:last-child").all_inner_texts()
            nearest = np.sort(np.abs(group - limit))[:12]
            shown = np.abs([float(text) - limit for text in told])
            np.testing.assert_allclose(np.sort(shown), nearest, atol=0.05)
            assert page.locator(f"#{name} .face").count() == len(nearest)


def test_a_press_in_a_panel_moves_its_threshold(visit, report):
    page = visit(report)
    facts = json.loads(page.inner_text("#facts"))["scores"]
    metric = facts["metrics"][1]
    left, top, right, bottom = metric["place"]
    page.locator("#scores-plot").scroll_into_view_if_needed()
    box = page.locator("#scores-plot img").bounding_box()
    x, y = (left + 0.25 * (right - left)) / 1e4, (top + bottom) / 2e4
    page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
    assert page.inner_text("#told").startswith(metric["title"])
    assert abs(int(page.input_value("#limit")) - 50) <= 1
    line = page.locator("#scores-plot .limit").bounding_box()
    assert line["x"] == pytest.approx(box["x"] + x * box["width"], abs=2)


def test_a_face_of_the_grid_is_shown_beside_the_seeds_own(visit, report):
    page = visit(report)
    cell = page.locator("#grid-table td").nth(1)
    cell.hover()
    assert page.locator("#grid-faces .face").count() == 2
    assert page.inner_text("#grid-told").startswith("Seed 3, index 0, degree −3")
    page.locator("#grid").focus()
    page.keyboard.press("ArrowDown")
    assert page.inner_text("#grid-told").startswith("Seed 3, index 1, degree −3")
    assert page.locator("#grid-table td[data-dropped]").count() == 1


def test_without_its_script_the_page_is_whole(visit, report):
    page = visit(report, java_script_enabled=False)
    assert page.locator("#map-plot img").is_visible()
    assert page.locator("#scores-plot img").is_visible()
    assert page.locator("#grid-table td").first.is_visible()
    assert not page.locator("#threshold").is_visible()


def test_injected_code_does_not_run(visit, report, tmp_path):
    text = report.read_text(encoding="utf-8")
    code = "document.title = 'run'"
    hostile = f'<script>{code}</script><img src="data:," onerror="{code}">'
    path = tmp_path / "hostile.html"
    path.write_text(text.replace("</main>", f"{hostile}</main>"), encoding="utf-8")
    page = visit(path)
    page.wait_for_load_state()
    assert page.title() == "facetds: report of the run"

    assert all("Content Security Policy" in problem for problem in page.problems)
    page.problems.clear()


def test_nothing_is_clipped_in_print(visit, report, tmp_path):
    page = visit(report, 718)  # A4 less its margins, at 96 dpi
    page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    page.emulate_media(media="print")
    wide = page.evaluate(
        """[...document.querySelectorAll("table")].filter((table) => table.offsetWidth > 678)
           .map((table) => [table.parentElement.ariaLabel, table.offsetWidth])"""
    )
    assert wide == []
    page.pdf(path=tmp_path / "report.pdf", format="A4")
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")


def test_long_and_right_to_left_names_stay_in_place(build, results, visit, tmp_path):
    table = pd.read_csv(results / "data/rejected.csv")
    table["item"] = ["\u202e<script>alert(1)</script>", "a" * 300]
    (tmp_path / "data").mkdir()
    table.to_csv(tmp_path / "data/rejected.csv", index=False)
    build(results, tmp_path / "r.html", [tmp_path / "data/rejected.csv"])
    for width in WIDTHS:
        page = visit(tmp_path / "r.html", width)
        page.evaluate("document.querySelectorAll('details').forEach((part) => part.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert "<script>alert(1)</script>" in page.inner_text("main")
