"""Snakemake's own report, made and opened without a network."""

import zipfile

import pytest


@pytest.fixture(scope="module")
def unpacked(finished, tmp_path_factory):
    """The unpacked report of the finished run."""
    folder = tmp_path_factory.mktemp("snakemake report")
    finished.before = finished.offline  # no network, where it can be taken away
    finished.snakemake("--report", str(folder / "run.zip"))
    finished.before = ()
    with zipfile.ZipFile(folder / "run.zip") as archive:
        archive.extractall(folder)
    return folder


def test_it_holds_every_figure_and_our_page(unpacked, finished):
    names = {path.name for path in unpacked.rglob("*") if path.is_file()}
    figures = {path.name for path in (finished.folder / "results/figures").glob("*.png")}
    assert len(figures) > 40
    assert figures | {"report.html"} <= names


def test_it_shows_rules_and_results_in_a_browser(unpacked, chromium):
    main = next(path for path in unpacked.rglob("report.html") if "data" not in path.parts)
    problems, requests = [], []
    context = chromium.new_context(offline=True)
    page = context.new_page()
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(main.as_uri())
    page.get_by_text("Figures", exact=True).first.wait_for()
    text = page.inner_text("body")
    context.close()
    assert "Report" in text
    assert problems == []
    assert [url for url in requests if not url.startswith(("file:", "data:", "blob:"))] == []


def test_our_page_stays_small(finished):
    assert (finished.folder / "results/report.html").stat().st_size < 1.5e6
