"""The server: what it refuses, and in which words."""

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from facetds.errors import FacetdsError
from facetds.files import digest
from facetds.review.__main__ import check_name, read_settings, review
from facetds.review.guard import BODY_LIMIT
from facetds.review.previews import find_previews, read_suggestions
from facetds.review.server import STATIC

STATE = "/api/state"


@pytest.fixture(scope="module")
def served(place, tmp_path_factory):
    """A running server for requests that change nothing: (client with the key, its reviews)."""
    reviews = tmp_path_factory.mktemp("reviews")
    source = Path(__file__).parents[2] / "workflow_scripts"
    process = subprocess.Popen(
        [sys.executable, "-m", "facetds.review", "--reviews", str(reviews),
         "--reviewer", "anna", "--port", "0", "--repeats", "0"],
        cwd=place, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(source)},
    )  # fmt: skip
    address, _, key = process.stdout.readline().strip().partition("/#")
    with httpx.Client(base_url=address) as client:
        assert client.post("/api/open", json={"key": key}).status_code == 200
        yield client, reviews
    process.kill()
    process.wait()
    process.stdout.close()


def raw(client, text):
    """Send a text as it is, and return the answer's first line."""
    port = client.base_url.port
    with socket.create_connection(("127.0.0.1", port), timeout=15) as connection:
        connection.sendall(text.replace("\n", "\r\n").encode())
        return connection.recv(4096).decode().splitlines()[0]


def test_every_answer_has_the_headers_and_the_page_nothing_from_elsewhere(served):
    client, _ = served
    for path in ("/", "/static/main.js", STATE, "/nowhere", "/sheet/1,2,3"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'")
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"
    for file in STATIC.iterdir():
        text = file.read_text(encoding="utf-8")
        assert set(re.findall(r"https?://[^/\"]*", text)) <= {"http://www.w3.org"}, file
    page = client.get("/").text
    assert "style=" not in page
    assert "onclick" not in page


@pytest.mark.hostile("H183", "H192")
def test_without_the_key_nothing_is_shown(served):
    client, _ = served
    with httpx.Client(base_url=client.base_url) as stranger:
        for path in (STATE, "/face/1", "/sheet/1", "/api/order/seed", "/api/agreement"):
            assert stranger.get(path).status_code == 401
        assert stranger.post("/api/act", json={}).status_code == 401
        assert stranger.post("/api/open", json={"key": "guess"}).status_code == 400
        stranger.cookies.set(f"facetds-{client.base_url.port}", "guess")
        assert stranger.get(STATE).status_code == 401


HOSTS = ["evil.test", "127.0.0.1", "localhost", "127.0.0.1:1", "localhost.evil.test", ""]


@pytest.mark.hostile("H166", "H167", "H168")
@pytest.mark.parametrize("host", HOSTS)
def test_other_hosts_are_refused(served, host):
    client, _ = served
    assert client.get(STATE, headers={"host": host}).status_code == 421
    assert (
        client.get(STATE, headers={"host": f"localhost:{client.base_url.port}"}).status_code == 200
    )


@pytest.mark.hostile("H171", "H172", "H173")
def test_other_pages_are_refused(served):
    client, reviews = served
    before = (reviews / "anna.jsonl").read_bytes()
    action = {"id": "x", "view": "all", "changes": [[1, "", "reject"]], "suggested": False}
    for headers in (
        {"origin": "http://evil.test"},
        {"origin": "null"},
        {"origin": f"http://127.0.0.1:{client.base_url.port + 1}"},
        {"origin": f"https://127.0.0.1:{client.base_url.port}"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ):
        assert client.post("/api/act", json=action, headers=headers).status_code == 403
    plain = {"content-type": "text/plain"}
    assert client.post("/api/act", content=json.dumps(action), headers=plain).status_code == 415
    assert client.post("/api/act", data={"id": "x"}).status_code == 415
    assert (reviews / "anna.jsonl").read_bytes() == before
    # A link that was pasted or followed may open the page itself.
    link = {"sec-fetch-site": "cross-site", "sec-fetch-dest": "document"}
    assert client.get("/", headers=link).status_code == 200


TRAVERSAL = [
    "/static/../server.py", "/static/..%2fserver.py", "/static/%2e%2e/server.py",
    "/static/..\\server.py", "/static//etc/passwd", "/static/....//server.py",
    "/face/../../etc/passwd", "/face/..%2f..%2fconfig.yaml", "/sheet/1,../2", "/strip/1/..%2f",
    "/face/1%00", "//etc/passwd",
]  # fmt: skip


@pytest.mark.hostile("H176")
@pytest.mark.parametrize("path", TRAVERSAL)
def test_no_path_leads_out(served, path):
    client, _ = served
    cookie = f"facetds-{client.base_url.port}={client.cookies[f'facetds-{client.base_url.port}']}"
    line = raw(
        client,
        f"GET {path} HTTP/1.1\nHost: 127.0.0.1:{client.base_url.port}\nCookie: {cookie}\n"
        "Connection: close\n\n",
    )
    assert line.split()[1] in ("400", "404"), line


@pytest.mark.hostile("H177", "H178")
def test_a_link_among_the_previews_is_not_followed(place, tmp_path):
    table = (place / "results/seeds/shard-000.csv").read_text()
    (tmp_path / "shard-000.csv").write_text(table.replace("000003.jpg", "../../x.jpg"))
    with pytest.raises(FacetdsError, match=r"names '\.\./\.\./x\.jpg' for seed 3"):
        find_previews(tmp_path, digest(place / "results/gan/network.pkl"))
    folder = tmp_path / "previews/shard-000"
    folder.mkdir(parents=True)
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    (folder / "000003.jpg").symlink_to(secret)
    (tmp_path / "shard-000.csv").write_text(table)
    found = find_previews(tmp_path, digest(place / "results/gan/network.pkl"))
    assert found.read(3).pixels is None


@pytest.mark.hostile("H189")
@pytest.mark.parametrize(
    "name", ["<img src=x onerror=alert(1)>.jpg", "3.html", "a b.svg", "000003"]
)
def test_no_file_of_another_name_is_shown(name, place, tmp_path):
    table = (place / "results/seeds/shard-000.csv").read_text()
    (tmp_path / "shard-000.csv").write_text(table.replace("000003.jpg", name))
    with pytest.raises(FacetdsError, match="for seed 3; render it again") as error:
        find_previews(tmp_path, digest(place / "results/gan/network.pkl"))
    assert repr(name) in str(error.value)


@pytest.mark.hostile("H186")
def test_many_ranges_give_no_more_than_the_file(served):
    client, _ = served
    size = len(client.get("/static/main.js").content)
    ranges = ",".join(f"{2 * n}-{2 * n}" for n in range(2000))
    for wanted in (ranges, ",".join(["0-"] * 2000), "0-" + "9" * 5000, "--", "bytes"):
        answer = client.get("/static/main.js", headers={"range": f"bytes={wanted}"})
        assert len(answer.content) <= size + 200
        assert answer.status_code in (200, 206, 400, 416)


@pytest.mark.hostile("H170", "H172")
def test_a_foreign_name_of_this_machine_writes_nothing(served):
    client, reviews = served
    before = (reviews / "anna.jsonl").read_bytes()
    port = client.base_url.port
    action = {"id": "x", "view": "all", "changes": [[1, "", "reject"]], "suggested": False}
    names = {"host": f"evil.test:{port}", "origin": f"http://evil.test:{port}"}
    for path in ("/api/act", "/api/undo", "/api/place", "/api/publish", "/api/open"):
        assert client.post(path, json=action, headers=names).status_code == 421
    assert (reviews / "anna.jsonl").read_bytes() == before


@pytest.mark.hostile("H188")
def test_a_stale_action_is_refused_and_told(start, tmp_path):
    _, address = start(tmp_path / "reviews")
    base, _, key = address.partition("/#")
    with httpx.Client(base_url=base) as client:
        client.post("/api/open", json={"key": key})
        action = {"id": "a", "view": "all", "changes": [[1, "", "reject"]], "suggested": False}
        assert client.post("/api/act", json=action).status_code == 200
        stale = client.post("/api/act", json=action | {"id": "b"})
        assert stale.status_code == 409
        assert "changed in another tab" in stale.text
        assert client.get(STATE).json()["labels"] == {"1": "reject"}


@pytest.mark.hostile("H183", "H192")
def test_key_and_journal_are_the_owners_alone_and_no_log_has_the_key(place, tmp_path):
    command = [sys.executable, "-m", "facetds.review", "--reviews", str(tmp_path / "reviews")]
    source = Path(__file__).parents[2] / "workflow_scripts"
    process = subprocess.Popen(
        [*command, "--reviewer", "anna", "--port", "0"], cwd=place, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(source)}, umask=0,
    )  # fmt: skip
    base, _, key = process.stdout.readline().strip().partition("/#")
    with httpx.Client(base_url=base) as client:
        for path in (f"/?key={key}", f"/{key}", f"/face/{key}"):
            client.get(path)
        assert client.post("/api/open", json={"key": key + "x"}).status_code == 400
        client.post("/api/open", json={"key": key})
        assert client.get(STATE).status_code == 200
        cookie = client.cookies[f"facetds-{client.base_url.port}"]
        assert cookie == key
    process.terminate()
    rest, said = process.communicate()
    assert key not in rest + said
    for path in (tmp_path / "reviews/anna.jsonl", place / "results/seeds/review.key"):
        assert path.stat().st_mode & 0o077 == 0, path


BAD = [
    ("/face/999", "Seed 999 has no preview"),
    ("/face/-1", "is no number"),
    ("/face/1e3", "is no number"),
    ("/face/%D9%A9", "is no number"),
    ("/sheet/" + ",".join(["1"] * 61), "at most 60"),
    ("/strip/1/1", "no direction 1"),
    ("/example/2", "no example of AU2"),
    ("/api/order/best", "no order 'best'"),
]


@pytest.mark.parametrize(("path", "words"), BAD)
def test_bad_requests_are_told_why(served, path, words):
    answer = served[0].get(path)
    assert answer.status_code == 400
    assert words in answer.text


ACTIONS = [
    ([[999, "", "reject"]], "Seed 999 has no preview"),
    ([[-3, "", "reject"]], "Seed -3 has no preview"),
    ([[1.5, "", "reject"]], "Seed 1.5"),
    ([[True, "", "reject"]], "Seed True"),
    ([["1", "", "reject"]], "Seed '1'"),
    ([[1, "", "AU99"]], "'AU99' is no label"),
    ([[1, "", 5]], "must be text"),
    ([], "changes nothing"),
    ([[1, ""]], "another form"),
    ("abc", "another form"),
]


@pytest.mark.hostile("H181", "H182")
@pytest.mark.parametrize(("changes", "words"), ACTIONS)
def test_bad_actions_change_nothing(served, changes, words):
    client, reviews = served
    before = (reviews / "anna.jsonl").read_bytes()
    action = {"id": "x", "view": "all", "changes": changes, "suggested": False}
    answer = client.post("/api/act", json=action)
    assert answer.status_code == 400
    assert words in answer.text
    assert (reviews / "anna.jsonl").read_bytes() == before


@pytest.mark.hostile("H179", "H180")
def test_bodies_that_are_too_large_deep_or_no_json(served):
    client, _ = served
    json_type = {"content-type": "application/json"}

    def post(content):
        return client.post("/api/act", content=content, headers=json_type)

    assert post(b"[" * 100_000).status_code == 400
    assert post(b"rubbish").status_code == 400
    assert post(b"[]").status_code == 400
    assert post(b"{}").status_code == 400
    port = client.base_url.port
    cookie = f"facetds-{port}={client.cookies[f'facetds-{port}']}"
    head = f"POST /api/act HTTP/1.1\nHost: 127.0.0.1:{port}\nCookie: {cookie}\n"
    head += "Content-Type: application/json\n"
    # Refused by the length that is announced, before anything is sent; or by what came.
    assert raw(client, f"{head}Content-Length: 2000000\n\n").split()[1] == "413"
    size = BODY_LIMIT + 1
    chunk = f"{size:x}\n{'x' * size}"
    assert raw(client, f"{head}Transfer-Encoding: chunked\n\n{chunk}").split()[1] == "413"
    assert client.get(STATE).status_code == 200


@pytest.mark.hostile("H184", "H185")
def test_other_methods_and_websockets(served):
    client, _ = served
    for method in ("PUT", "DELETE", "TRACE", "OPTIONS", "PATCH"):
        assert client.request(method, STATE).status_code == 405
    port = client.base_url.port
    line = raw(
        client,
        f"GET {STATE} HTTP/1.1\nHost: 127.0.0.1:{port}\nConnection: Upgrade\nUpgrade: websocket\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-WebSocket-Version: 13\n\n",
    )
    assert line.split()[1] == "401"


@pytest.mark.hostile("H187")
def test_slow_clients_do_not_hold_others_up(served):
    client, _ = served
    port = client.base_url.port
    head = f"POST /api/open HTTP/1.1\nHost: 127.0.0.1:{port}\nContent-Type: application/json\n"
    slow = []
    for number in range(50):
        connection = socket.create_connection(("127.0.0.1", port), timeout=30)
        text = head + ("Content-Length: 40\n\n{" if number % 2 else "")
        connection.sendall(text.replace("\n", "\r\n").encode())
        slow.append(connection)
    assert client.get(STATE).status_code == 200
    # A body that does not come is given up.
    assert slow[1].recv(4096).startswith(b"HTTP/1.1 408")
    for connection in slow:
        connection.close()


@pytest.mark.hostile("H193")
def test_bound_to_this_machine_alone(served):
    port = f"{served[0].base_url.port:04X}"
    listening = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            address, state = line.split()[1], line.split()[3]
            if address.endswith(f":{port}") and state == "0A":
                listening.append(address.split(":")[0])
    assert listening == ["0100007F"]


def run(place, tmp_path, **options):
    """Start the page's command in this process; it must fail before it serves."""
    review(
        **{
            "network": place / "results/gan/network.pkl",
            "previews": place / "results/seeds",
            "reviews": tmp_path / "reviews",
            "config": [place / "config.yaml"],
            "reviewer": "anna",
            "port": 0,
        }
        | options
    )


def test_start_is_refused_with_the_remedy(place, tmp_path, served):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(FacetdsError, match=r"Port \d+ cannot be used .*--port"):
            run(place, tmp_path, port=taken.getsockname()[1])
    other = tmp_path / "other.pkl"
    other.write_bytes(b"another network")
    with pytest.raises(FacetdsError, match=r"shard-000\.csv is of another network"):
        run(place, tmp_path, network=other)
    with pytest.raises(FacetdsError, match="has no previews; run make review"):
        run(place, tmp_path, previews=tmp_path)
    with pytest.raises(FacetdsError, match="open in another review page"):
        run(place, tmp_path, reviews=served[1])
    for name in ("../x", "", "a b", "adjudication", "x" * 33):
        with pytest.raises(FacetdsError, match="up to 32 letters"):
            check_name(name)
    with pytest.raises(FacetdsError, match="--sample 0 is no share"):
        run(place, tmp_path, sample=0)
    with pytest.raises(FacetdsError, match="--repeats 2 is no share"):
        run(place, tmp_path, repeats=2)
    with pytest.raises(FacetdsError, match=r"none\.yaml cannot be opened"):
        read_settings([tmp_path / "none.yaml"])
    (tmp_path / "bad.yaml").write_text("seed: 1")
    with pytest.raises(FacetdsError, match=r"generate\.indexes"):
        read_settings([tmp_path / "bad.yaml"])


def test_suggestions_of_estimators_or_a_classifier(tmp_path):
    path = tmp_path / "p.csv"
    path.write_text("seed,AU1,AU4,AU5,AU6,AU12,AU15\n2,0.5,0,1,0,0,0\n77,0,0,0,0,0,0\n")
    chances = read_suggestions([path], [1, 2])
    assert chances[1].tolist() == [0.5, 0, 1, 0, 0, 0]
    assert (chances[0] != chances[0]).all()
    path.write_text("seed,AU1\n2,0.5\n")
    with pytest.raises(FacetdsError, match="no column AU4"):
        read_suggestions([path], [2])
    path.write_text("seed,AU1,AU4,AU5,AU6,AU12,AU15\n2,1.5,0,1,0,0,0\n")
    with pytest.raises(FacetdsError, match="no probabilities"):
        read_suggestions([path], [2])
    path.write_text("seed,AU1,AU4,AU5,AU6,AU12,AU15\n2,much,0,1,0,0,0\n")
    with pytest.raises(FacetdsError, match="much"):
        read_suggestions([path], [2])


def test_a_killed_server_keeps_every_answered_action(start, tmp_path):
    process, address = start(tmp_path / "reviews", "anna")
    known = {}
    for round_ in range(3):
        base, _, key = address.partition("/#")
        with httpx.Client(base_url=base) as client:
            client.post("/api/open", json={"key": key})
            labels = client.get(STATE).json()["labels"]
            assert {int(item): label for item, label in labels.items()} == known
            for number in range(10):
                item = number * 3 + round_
                action = {"id": f"{round_}-{number}", "view": "all", "suggested": False}
                action["changes"] = [[item, "", "neutral"]]
                assert client.post("/api/act", json=action).status_code == 200
                known[item] = "neutral"
                # Asked again, as after an answer that was lost: it is not done twice.
                assert client.post("/api/act", json=action).status_code == 200
        process.kill()
        process.wait()
        process, address = start(tmp_path / "reviews", "anna", port=urlsplit(base).port)
    assert len((tmp_path / "reviews/anna.jsonl").read_text().splitlines()) == 31
