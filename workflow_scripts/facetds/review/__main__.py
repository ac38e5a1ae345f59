"""Serve the review page: python -m facetds.review --reviewer NAME."""

import getpass
import os
import re
import secrets
from contextlib import closing
from pathlib import Path
from typing import Any

import yaml

from facetds import command
from facetds.configs import check_config
from facetds.errors import FacetdsError
from facetds.files import digest
from facetds.progress import say
from facetds.review.journal import ADJUDICATION, Journal, open_journal, read_states
from facetds.review.labels import decide
from facetds.review.orders import pick_repeats, pick_sample, seed_of, stream
from facetds.review.previews import Previews, find_previews, read_suggestions
from facetds.review.server import listen, serve
from facetds.review.session import Session

CHOOSING, DOUBLING = 3, 4
"""What a reviewer's own random numbers are for (see `session`)."""


def review(
    network: Path = Path("results/gan/network.pkl"),
    previews: Path = Path("results/seeds"),
    directions: Path = Path("results/latent/directions.npz"),
    reviews: Path = Path("reviews"),
    config: list[Path] = [Path("config.yaml")],  # noqa: B006
    suggestions: list[Path] | None = None,
    reviewer: str | None = None,
    sample: float = 1.0,
    blind: bool = False,
    repeats: float = 0.02,
    port: int = 8765,
) -> None:
    """Serve the page on 127.0.0.1 until Ctrl+C.

    \b
    Examples:
      python -m facetds.review --reviewer anna
      python -m facetds.review --reviewer ben --blind --sample 0.1
      python -m facetds.review --reviewer anna --port 0

    Journals, and what is published, lie in `reviews`. A second reviewer gives a `sample` (share of
    the seeds; twice it of those that others kept) and `blind` (no suggestions, an own random
    order). `repeats`: share of the seeds shown twice. These three are fixed once a journal is
    begun. `suggestions`: tables of probabilities; by default the estimates-*.csv in `previews`.
    `config` files (later ones win) give the directions and degrees of the strips, and the seed.
    Port 0 takes any free one.
    """  # noqa: D301 - the backspace keeps the lines of the examples apart
    settings = read_settings(config)
    name = check_name(reviewer or getpass.getuser())
    found = find_previews(previews, digest(network))
    tables = suggestions or sorted(previews.glob("estimates-*.csv"))
    chances = read_suggestions([] if blind else tables, found.seeds())
    root_seed = int(settings["seed"])
    head = plan_review(found, reviews, name, sample, blind, repeats, root_seed)
    with closing(listen(port)) as listener:
        journal, notes = open_journal(reviews / f"{name}.jsonl", head)
        with closing(journal):
            session = Session(
                found, chances, journal, reviews, network, directions,
                settings["generate"]["indexes"], settings["generate"]["degrees"],
                previews / "strips" / found.network[:12], root_seed,
                [*notes, *describe_leftovers(journal, found, head)],
            )  # fmt: skip
            for note in session.notes:
                say(note)
            key = read_key(previews / "review.key")
            say(f"{len(session.seeds)} seeds for {name}. Ctrl+C ends the page; all is saved.")
            print(f"http://127.0.0.1:{listener.getsockname()[1]}/#{key}", flush=True)
            with closing(session):
                serve(session, listener, key)


def read_settings(paths: list[Path]) -> dict[str, Any]:
    """Return `seed` and the section generate of config files, later ones laid over earlier ones."""
    found: dict[str, Any] = {"seed": 1, "generate": {}}
    for path in paths:
        try:
            check_config(path)
            content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
            found["seed"] = content.get("seed", found["seed"])
            found["generate"] |= content.get("generate", {})
        except (OSError, yaml.YAMLError, AttributeError, TypeError) as error:
            raise FacetdsError(f"--config {path} cannot be read: {error}") from None
    for key in ("indexes", "degrees"):
        if not isinstance(found["generate"].get(key), list):
            raise FacetdsError(f"No --config file has generate.{key}; name config.yaml.")
    return found


def check_name(name: str) -> str:
    """Return a reviewer's name, which is also that of a file; raise `FacetdsError` for others."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}", name) or name == ADJUDICATION:
        raise FacetdsError(
            f"--reviewer {name!r}: take up to 32 letters, digits, - and _ (not {ADJUDICATION})."
        )
    return name


def plan_review(
    previews: Previews,
    reviews: Path,
    name: str,
    sample: float,
    blind: bool,
    repeats: float,
    root_seed: int,
) -> dict[str, Any]:
    """Return the first line of a new journal: whose it is, and which items it holds.

    seeds: null for all, else the sample; repeats: the seeds that are shown twice.
    """
    for option, share in (("sample", sample), ("repeats", repeats)):
        if not 0 <= share <= 1 or (option == "sample" and share == 0):
            raise FacetdsError(f"--{option} {share} is no share; give a number up to 1.")
    seeds, chosen = previews.seeds(), None
    if sample < 1 and not (reviews / f"{name}.jsonl").exists():
        states = read_states(reviews, previews.network, previews.psi, (name, ADJUDICATION))
        labels = (pair for state in states.values() for pair in state.labels.items())
        kept = {i for i, label in labels if i >= 0 and decide(label)[0] in ("keep", "neutral")}
        own = stream(root_seed, name, CHOOSING)
        seeds = chosen = pick_sample(seeds, sorted(kept & set(seeds)), sample, own)
    return {
        "reviewer": name,
        "network": previews.network,
        "psi": previews.psi,
        "blind": blind,
        "seeds": chosen,
        "repeats": pick_repeats(seeds, repeats, stream(root_seed, name, DOUBLING)),
    }


def describe_leftovers(journal: Journal, previews: Previews, head: dict[str, Any]) -> list[str]:
    """Return in words what of a journal does not fit the previews or options of today."""
    words = []
    seeds = {seed_of(item) for item in journal.state.labels}
    if lost := sorted(seeds - previews.files.keys()):
        words.append(
            f"{journal.path} holds decisions on {len(lost)} seeds without a preview (such as "
            f"{lost[0]}); they stay there, but are not shown or published. Raise seeds.previews "
            "to see them again."
        )
    if journal.head["blind"] != head["blind"]:
        kind = "blind" if journal.head["blind"] else "open"
        words.append(f"{journal.path} was begun as a {kind} review and stays one.")
    return words


def read_key(path: Path) -> str:
    """Return the key of the page, made at the first start; the file is for its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(24))
    except FileExistsError:
        pass
    key = path.read_text(encoding="utf-8").strip()
    if len(key) < 24:
        raise FacetdsError(f"{path} holds no key; remove it, and a new one is made.")
    return key


if __name__ == "__main__":
    command.run(review)
