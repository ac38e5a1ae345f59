"""What README and docs name must be there: links, anchors, files, config keys, pages, figures."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "results/README.md", ROOT / "resources/README.md",
         *sorted((ROOT / "docs").glob("*.md"))]  # fmt: skip
CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
STAGES = [name for name, section in CONFIG.items() if isinstance(section, dict)]
FIGURE = r"(?:fig-[\dA]\.\d+|table|gallery|label|training|score|roc|auc|disfa)-[\w.-]+"
# Beside declared files, or made while a person reviews.
UNDECLARED = ("results/seeds/previews/", "results/seeds/strips/", "results/seeds/review.key")


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def prose(page: Path) -> str:
    """Return a page without its blocks of code."""
    return re.sub(r"^```.*?^```", "", read(page), flags=re.MULTILINE | re.DOTALL)


def codes(page: Path) -> list[str]:
    """Return what stands in backticks."""
    return re.findall(r"`([^`\n]+)`", prose(page))


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as forges make them."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@cache
def patterns() -> list[str]:
    """Return the paths below results/ that rules write or read, wildcards as {names}."""
    text = "".join(read(path) for path in [ROOT / "Snakefile", *ROOT.glob("rules/*.smk")])
    return sorted(set(re.findall(r"results/[^\s\"',:]+", text)))


@cache
def figures() -> set[str]:
    """Return the names of all figures that the demo draws."""
    names = set(re.findall(rf'"({FIGURE})"', read(ROOT / "rules/common_figures.smk")))
    numbers = ast.literal_eval(
        re.search(r"^NUMBERS = (.*)$", read(ROOT / "workflow_scripts/facetds/figures/names.py"),
                  re.MULTILINE)[1]
    )  # fmt: skip
    arms = CONFIG["fer"]["arms"]
    names |= {f"fig-{number}-{kind}-{arm}" for (kind, arm), number in numbers.items()}
    return names | {f"{k}-{a}" for k in ("roc", "auc") for a in arms if (k, a) not in numbers}


def is_made(path: str) -> bool:
    """Return whether a rule makes `path`, or something in it; it may have a number or * in it."""
    if path.startswith(UNDECLARED) or path == "results/":
        return True
    if found := re.fullmatch(rf"results/figures/({FIGURE})\.(?:png|pdf|csv|\*)", path):
        return found[1] in figures()
    wanted = path.replace("<", "{").replace(">", "}")
    for pattern in patterns():
        whole = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(pattern))
        if re.fullmatch(whole, wanted.replace("*", "0")) or pattern.startswith(wanted):
            return True
        if wanted.endswith("/") and re.match(whole.removesuffix(r"\.csv"), wanted):
            return True
    return False


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if target.startswith(("http://", "https://")):
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), target
        if anchor:
            assert anchor in anchors(found), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_named_files_exist(page):
    code = {str(path.relative_to(ROOT)) for path in (ROOT / "workflow_scripts").rglob("*.py")}
    folders = tuple(f"{path.name}/" for path in ROOT.iterdir() if path.is_dir())
    for name in codes(page):
        if re.fullmatch(r"[\w./-]+\.py", name):
            inside = any(f"/{path}".endswith(f"/{name}") for path in code)
            assert inside or (ROOT / name).is_file(), name
        elif re.match(r"results/[\w{<]", name):
            assert is_made(name), name
        elif name.startswith(folders) and "<" not in name and " " not in name:
            assert (ROOT / name).exists() or list(ROOT.glob(name)), name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_named_keys_exist(page):
    suffixes = ("py", "smk", "md", "csv", "json", "npz", "png", "yaml", "rst")
    for name in codes(page):
        found = re.match(rf"({'|'.join(STAGES)})\.([a-z_]+)\b(?!\.)", name)
        if found and found[2] not in suffixes:
            assert found[2] in CONFIG[found[1]], name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_named_figures_exist(page):
    for name in codes(page):
        if re.fullmatch(FIGURE, name) and not name.endswith((".csv", ".png", ".pdf", "-")):
            assert name.removesuffix(".*") in figures(), name


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_has_a_page_with_all_its_keys(stage):
    page = ROOT / f"docs/{stage}.md"
    named = {name.split(":")[0] for name in codes(page)}
    assert {f"{stage}.{key}" for key in CONFIG[stage]} - named == set()
    assert f"(docs/{stage}.md)" in read(ROOT / "README.md")


def test_every_page_is_linked_and_short():
    text = "".join(map(read, PAGES))
    for page in ROOT.glob("docs/*.md"):
        assert re.search(rf"\]\((docs/)?{page.name}[#)]", text), page.name
        assert len(read(page).splitlines()) <= 120, page.name


def test_every_figure_of_the_thesis_is_listed():
    listed = read(ROOT / "docs/figures.md")
    for name in figures():
        if not name.startswith(("roc-", "auc-")) or name == "roc-arms":
            assert f"`{name}`" in listed, name


def test_what_is_not_there_is_found():
    assert is_made("results/crop/cfd.npz")
    assert is_made("results/generate/batch-00000.csv")
    assert is_made("results/figures/fig-4.4-roc-enhanced.pdf")
    assert not is_made("results/crop/cfd.zip")
    assert not is_made("results/figures/fig-4.4-roc-original.pdf")
    assert not is_made("results/nowhere/")
