"""The page in a real Chromium: keys, undo, kills, tabs, suggestions, blind review, adjudication."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import urlsplit

import pytest

from facetds.aus import AU_NAMES
from facetds.files import digest
from facetds.labels import read_labels
from facetds.review.journal import open_journal, parse_journal
from facetds.review.labels import decide

KEYS = [*"qwertyuiop", *"asdfghjkl;", *"zxcvbnm,./"]
HEAD = {"psi": 0.7, "seeds": None, "repeats": [], "blind": False}


def labels_in(folder, name="anna"):
    return parse_journal(folder / f"{name}.jsonl")[1].labels


class Keyboard:
    """Presses keys and counts them."""

    def __init__(self, page):
        self.page, self.count = page, 0

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)
        self.count += len(keys)


def wait_text(page, selector, words):
    """Wait until an element says so."""
    page.wait_for_function(
        "([selector, words]) => document.querySelector(selector).textContent.includes(words)",
        arg=[selector, words],
    )


COUNT_MOUSE = """() => {
  window.mouse = 0;
  for (const kind of ["mousemove", "mousedown", "pointerdown", "wheel"]) {
    addEventListener(kind, () => { window.mouse += 1; }, true);
  }
}"""


def test_two_passes_by_keyboard_within_the_budget(start, browse, saved, tmp_path):
    folder = tmp_path / "reviews"
    _, address = start(folder, "anna", "--repeats", "0")
    page = browse(address)
    page.evaluate(COUNT_MOUSE)
    page.wait_for_selector("#grid[data-painted='0']")
    keys = Keyboard(page)
    # The queue is the suggestions' order; which seed lies where is read off the page.
    order = page.evaluate("async () => (await fetch('/api/order/uncertain')).json()")
    assert sorted(order) == list(range(75))
    truth = {seed: ["AU1"] * (seed % 5 == 0) + ["AU12"] * (seed % 3 == 0) for seed in order}
    marked = [seed for seed in order if seed % 4 == 0]
    for first in (0, 30, 60):
        for place, seed in enumerate(order[first : first + 30]):
            if seed in marked:
                keys.press(KEYS[place])
        keys.press("Space")
    saved(page)
    assert labels_in(folder) == {s: "marked" if s in marked else "passed" for s in order}
    assert keys.count <= 1.1 * 3 + len(marked)
    assert "75 of 75 seen" in page.inner_text("#counts")

    keys.count = 0
    keys.press("F4")
    page.wait_for_selector("#faces:not([hidden]) img.big")
    for seed in marked:
        assert page.inner_text("#faces h2") == f"Seed {seed}"
        keys.press(*(str(AU_NAMES.index(au) + 1) for au in truth[seed]))
        if not truth[seed]:
            keys.press("n")
        keys.press("Enter")
    saved(page)
    expected = {s: " ".join(truth[s]) or "neutral" for s in marked}
    assert {s: label for s, label in labels_in(folder).items() if s in marked} == expected
    assert keys.count <= 1 + sum(len(truth[s]) + 2 for s in marked)
    assert page.evaluate("window.mouse") == 0
    assert page.evaluate("document.querySelectorAll('*').length") <= 1000
    kept = sum(decide(label)[0] in ("keep", "neutral") for label in expected.values())
    assert f"{kept} kept" in page.inner_text("#counts")


def test_undo_redo_and_place_survive_a_reload(start, browse, saved, tmp_path):
    folder = tmp_path / "reviews"
    _, address = start(folder)
    page = browse(address)
    page.wait_for_selector("#grid[data-painted='0']")
    keys = Keyboard(page)
    keys.press("q", "w", "Space", "e", "Space")
    keys.press("F8", "ArrowRight", "Shift+ArrowRight", "x", "1")
    saved(page)
    after = labels_in(folder)
    page.wait_for_timeout(400)
    page.reload()
    page.wait_for_selector("body[data-view='all']")
    keys = Keyboard(page)
    for _ in range(7):
        keys.press("Control+z")
    saved(page)
    assert labels_in(folder) == {}
    page.wait_for_selector("body[data-view='grid']")
    assert page.locator("#grid .tile[data-state='']:visible").count() == 30
    keys.press("Control+z")
    wait_text(page, "#notice", "nothing more")
    for _ in range(7):
        keys.press("Control+Shift+z")
    saved(page)
    assert labels_in(folder) == after


def test_several_at_once_with_labels_of_all_kinds(start, browse, saved, tmp_path):
    folder = tmp_path / "reviews"
    _, address = start(folder, "anna", "--repeats", "0")
    page = browse(address)
    page.wait_for_selector("#grid[data-painted='0']")
    page.select_option("#order", "seed")
    page.wait_for_function(
        "() => document.querySelector('#grid .tile').ariaLabel.startsWith('seed 0,')"
    )
    keys = Keyboard(page)
    keys.press("ArrowRight", "Shift+ArrowRight", "Shift+ArrowDown", "8")
    saved(page)
    assert labels_in(folder) == dict.fromkeys(range(1, 13), "reject")
    keys.press("F8", "Home", "n", "ArrowRight", "9", "ArrowRight", "6", "2", "u", "ArrowRight", "m")
    keys.press("End", "Control+a", "Escape")
    saved(page)
    assert {s: labels_in(folder)[s] for s in range(5)} == {
        0: "neutral", 1: "unsure", 2: "AU4 AU15 unsure", 3: "marked", 4: "reject",
    }  # fmt: skip
    for chosen, count in (
        ("neutral", 1),
        ("unsure", 2),
        ("AU15", 1),
        ("reject", 9),
        ("unseen", 62),
    ):
        page.select_option("#filter", chosen)
        assert page.inner_text("#where").startswith(f"{count} seeds"), chosen


def test_a_killed_server_loses_nothing(start, browse, saved, tmp_path):
    folder = tmp_path / "reviews"
    process, address = start(folder)
    page = browse(address)
    page.wait_for_selector("#grid[data-painted='0']")
    page.keyboard.press("q")
    saved(page)
    process.kill()
    process.wait()
    for key in "wert":
        page.keyboard.press(key)
    wait_text(page, "#saved", "actions wait")
    assert len(labels_in(folder)) == 1
    assert page.locator("#grid .tile[data-state='marked']").count() == 5
    start(folder, port=urlsplit(address).port)
    saved(page)
    assert sorted(labels_in(folder).values()) == ["marked"] * 5
    assert all("ERR_CONNECTION_REFUSED" in problem for problem in page.problems)
    page.problems.clear()


def test_two_tabs_do_not_overwrite_each_other(start, browse, saved, tmp_path):
    folder = tmp_path / "reviews"
    _, address = start(folder)
    first = browse(address)
    second = browse(address.partition("#")[0], context=first.context)
    for page in (first, second):
        page.wait_for_selector("#grid[data-painted='0']")
    first.keyboard.press("q")
    saved(first)
    second.keyboard.press("w")
    saved(second)
    # The second tab does not know of the first's mark, and would set it anew.
    second.keyboard.press("q")
    wait_text(second, "#notice", "another tab")
    assert second.locator("#grid .tile[data-state='marked']").count() == 2
    assert list(labels_in(folder).values()) == ["marked", "marked"]
    assert all("409" in problem for problem in first.problems)
    first.problems.clear()


def test_suggestions_are_marked_taken_and_hidden(start, browse, saved, tmp_path):
    folder = tmp_path / "reviews"
    _, address = start(folder, "anna", "--repeats", "0")
    page = browse(address)
    page.wait_for_selector("#grid[data-painted='0']")
    order = page.evaluate("async () => (await fetch('/api/order/uncertain')).json()")
    seed = order[0]
    suggested = [au for n, au in enumerate(AU_NAMES) if (seed * 37 + n * 11) % 100 >= 50]
    tile = page.locator("#g0")
    numbers = " ".join(au[2:] for au in suggested)
    assert tile.get_attribute("aria-label") == f"seed {seed}, nothing yet, suggested {numbers}?"
    page.keyboard.press("Enter")
    page.wait_for_selector("#faces:not([hidden])")
    assert page.locator("#faces .suggested").count() == len(suggested)
    assert labels_in(folder) == {}
    page.keyboard.press("t")
    assert page.locator("#faces .suggested").count() == 0
    page.keyboard.press("a")
    assert page.inner_text("#notice") == "There is no suggestion to take."
    page.keyboard.press("t")
    page.keyboard.press("a")
    saved(page)
    assert labels_in(folder) == {seed: " ".join(suggested)}
    assert '"suggested":true' in (folder / "anna.jsonl").read_text().splitlines()[-1]
    page.keyboard.press("F8")
    page.select_option("#filter", "suggested AU5")
    wanted = sum((s * 37 + 22) % 100 >= 50 for s in range(75))
    assert page.inner_text("#where").startswith(f"{wanted} seeds")


def test_strip_guide_and_enlarged_face(start, browse, tmp_path, place):
    _, address = start(tmp_path / "reviews")
    page = browse(address)
    page.wait_for_selector("#grid[data-painted='0']")
    page.keyboard.press("Shift+w")
    zoomed = page.locator("#zoom img")
    page.wait_for_function("() => document.querySelector('#zoom img').naturalWidth === 48")
    assert zoomed.bounding_box()["height"] > 500
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    page.keyboard.press("s")
    page.wait_for_selector("#faces .strip[data-done]", timeout=60_000)
    widths = page.evaluate(
        "() => [...document.querySelectorAll('.strip img')].map((i) => i.naturalWidth)"
    )
    assert widths == [24, 24]
    assert len(list((place / "results/seeds/strips").glob("*/*.jpg"))) >= 2
    page.keyboard.press("h")
    page.wait_for_function(
        "() => [...document.querySelectorAll('#guide img')].every((i) => i.naturalWidth === 512)",
        timeout=60_000,
    )
    assert page.locator("#guide img").count() == 6
    assert "drawn" in page.inner_text("#guide")


def test_rate_and_time_left_are_those_of_the_journal(start, browse, place, tmp_path):
    folder = tmp_path / "reviews"
    head = {**HEAD, "reviewer": "anna", "network": digest(place / "results/gan/network.pkl")}
    journal, _ = open_journal(folder / "anna.jsonl", head)
    journal.set_labels("0", "grid", [(0, "", "passed")])
    for number in (1, 2):
        changes = [(seed, "", "passed") for seed in range(15 * number - 14, 15 * number + 1)]
        journal.set_labels(str(number), "grid", changes)
    journal.close()
    lines = (folder / "anna.jsonl").read_text().splitlines()
    # The break of an hour does not count as work.
    times = ("10:00:00", "10:00:12", "11:00:12")
    for number, at in enumerate(times, start=1):
        action = json.loads(lines[number])
        lines[number] = json.dumps(action | {"at": f"2026-01-01T{at}.000+00:00"})
    (folder / "anna.jsonl").write_text("\n".join(lines) + "\n")
    _, address = start(folder, "anna", "--repeats", "0")
    page = browse(address)
    # 31 faces in 12 active seconds; 44 are left.
    wait_text(page, "#rate", "grid 155 a minute, under a minute left")
    assert "31 of 75 seen" in page.inner_text("#counts")


@pytest.fixture
def two_reviewers(place, tmp_path):
    """Journals of two reviewers who differ on seeds 3 and 4."""
    folder = tmp_path / "reviews"
    network = digest(place / "results/gan/network.pkl")
    for name, labels in {
        "anna": {1: "AU1", 2: "neutral", 3: "AU1", 4: "neutral"},
        "ben": {1: "AU1", 2: "neutral", 3: "AU4", 4: "reject"},
    }.items():
        journal, _ = open_journal(
            folder / f"{name}.jsonl", {**HEAD, "reviewer": name, "network": network}
        )
        journal.set_labels(
            f"{name}-1", "all", [(seed, "", label) for seed, label in labels.items()]
        )
        journal.close()
    return folder, network


def test_disputes_are_adjudicated_and_published(start, browse, saved, two_reviewers):
    folder, network = two_reviewers
    _, address = start(folder, "carla")
    page = browse(address)
    page.keyboard.press("F8")
    page.select_option("#filter", "disputed")
    wait_text(page, "#where", "2 seeds")
    page.keyboard.press("Escape")
    page.keyboard.press("F9")
    page.wait_for_selector("#board[data-painted]", timeout=30_000)
    assert page.inner_text("#board h2 >> nth=0") == "Seed 3"
    assert "anna AU 1" in page.inner_text("#board .votes")
    assert "ben AU 4" in page.inner_text("#board .votes")
    assert page.locator("#board caption").all_inner_texts() == ["anna ben"]
    assert page.locator("#board tbody tr").count() == 7
    page.keyboard.press("1")
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    page.keyboard.press("x")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+Shift+z")
    saved(page)
    assert labels_in(folder, "adjudication") == {3: "AU1 AU4", 4: "reject"}
    assert labels_in(folder, "carla") == {}
    page.keyboard.press("p")
    page.keyboard.press("Enter")
    page.wait_for_selector("#publish [data-done]", timeout=30_000)
    assert "3 seeds" in page.inner_text("#publish")
    table = read_labels(folder / "seed_labels.csv", network)
    assert table["seed"].tolist() == [1, 2, 3]
    assert table["source"].tolist() == ["majority", "majority", "adjudication"]
    assert table[["AU1", "AU4"]].to_numpy().tolist() == [[1, 0], [0, 0], [1, 1]]


def test_a_blind_reviewer_has_an_own_sample_and_sees_nothing_of_others(
    start, browse, two_reviewers
):
    folder, _ = two_reviewers
    _, address = start(folder, "dora", "--blind", "--sample", "0.2", "--repeats", "0.1")
    page = browse(address)
    page.wait_for_selector("#grid[data-painted='0']")
    order = page.evaluate("async () => (await fetch('/api/order/random')).json()")
    seeds = [item for item in order if item >= 0]
    assert 15 <= len(seeds) < 25
    assert seeds != sorted(seeds)
    # All that others kept and twice the share of them: at least one of the three.
    assert set(seeds) & {1, 2, 3, 4}
    assert len(order) - len(seeds) == round(0.1 * len(seeds))
    assert page.locator(".tile .hint:visible").count() == 0
    assert page.locator("[data-do=suggest]:visible, [data-do=publish]:visible").count() == 0
    assert page.locator("#order option").all_inner_texts() == ["random"]
    # A repeat looks like any other face.
    shown = page.evaluate(
        "() => [...document.querySelectorAll('#grid .tile')].map((t) => t.ariaLabel)"
    )
    assert not any("-" in text for text in shown if text)
    for path in ("/api/agreement", "/api/disputes"):
        answer = page.evaluate(f"async () => (await fetch('{path}')).text()")
        assert "blind" in answer
    page.keyboard.press("F9")
    page.wait_for_selector("#board:not([hidden])")
    assert "does not see" in page.inner_text("#board")
    assert all("400" in problem for problem in page.problems)
    page.problems.clear()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_accessible_in_every_view(start, browse, two_reviewers, scheme):
    from axe_playwright_python.sync_playwright import Axe

    folder, _ = two_reviewers
    _, address = start(folder, "anna")
    page = browse(address, color_scheme=scheme)
    for key, view in (
        ("F2", "grid"),
        ("F4", "faces"),
        ("F8", "all"),
        ("F9", "board"),
        ("F1", "board"),
    ):
        page.keyboard.press(key)
        page.wait_for_selector(f"body[data-view='{view}']")
        if key == "F9":
            page.wait_for_selector("#board[data-painted]", timeout=30_000)
        found = Axe().run(page)
        assert found.violations_count == 0, (view, found.generate_report())
        # Nothing is cut off to the side of a small screen.
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 1280


@pytest.mark.hostile("H169", "H170", "H171", "H174", "H175")
def test_other_pages_can_neither_read_nor_write(start, browse, tmp_path):
    folder = tmp_path / "reviews"
    _, address = start(folder)
    page = browse(address)
    base = address.partition("/#")[0]
    before = (folder / "anna.jsonl").read_bytes()

    class Attacker(BaseHTTPRequestHandler):
        def do_GET(self):
            html = b"<!doctype html><title>attack</title><body data-started>"
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(html)

        def log_message(self, *_):
            pass

    attacker = HTTPServer(("127.0.0.1", 0), Attacker)
    threading.Thread(target=attacker.serve_forever, daemon=True).start()
    try:
        # Same site, other port: the cookie is sent along, the guard must refuse.
        evil = browse(f"http://127.0.0.1:{attacker.server_port}/", context=page.context)
        outcome = evil.evaluate(
            """async (base) => {
              const action = {id: "x", view: "all", changes: [[1, "", "reject"]], suggested: false};
              const send = {method: "POST", mode: "no-cors", body: JSON.stringify(action)};
              const keyed = {credentials: "include"};
              await fetch(base + "/api/act", {...send, ...keyed}).catch(() => {});
              const get = fetch(base + "/api/state", keyed);
              const read = await get.then(() => "read", () => "refused");
              const shown = await new Promise((done) => {
                const image = new Image();
                image.onload = () => done("shown");
                image.onerror = () => done("refused");
                image.src = base + "/face/1";
              });
              const frame = document.createElement("iframe");
              frame.src = base + "/";
              document.body.append(frame);
              await new Promise((done) => { frame.onload = done; setTimeout(done, 2000); });
              return [read, shown];
            }""",
            base,
        )
        assert outcome == ["refused", "refused"]
        assert all(not frame.query_selector("#grid") for frame in evil.frames[1:])
        # The name of a foreign site that resolves to this machine (DNS rebinding).
        port = urlsplit(base).port
        bound = page.context.new_page()
        answer = bound.goto(f"http://evil.test:{port}/")
        assert answer.status == 421
    finally:
        attacker.shutdown()
        attacker.server_close()
    assert (folder / "anna.jsonl").read_bytes() == before
    page.problems.clear()


def test_the_policy_stops_inline_code(start, browse, tmp_path):
    _, address = start(tmp_path / "reviews")
    page = browse(address)
    page.evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "window.ran = true";
          document.body.append(script);
          document.body.insertAdjacentHTML("beforeend", "<img src=x onerror='window.ran = true'>");
        }"""
    )
    page.wait_for_timeout(200)
    assert page.evaluate("window.ran") is None
    assert any("Content Security Policy" in problem for problem in page.problems)
    page.problems.clear()
