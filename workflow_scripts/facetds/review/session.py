"""One reviewer's session: the previews, the journal, the queue, and what the page asks of them."""

import tempfile
import threading
import uuid
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from facetds.aus import AU_NAMES, AUS, DESCRIPTIONS
from facetds.errors import FacetdsError
from facetds.review.guide import GUIDE
from facetds.review.helper import Helper
from facetds.review.journal import ADJUDICATION, Change, Journal, open_journal
from facetds.review.orders import ORDERS, add_repeats, item_of_repeat, order_seeds, stream
from facetds.review.previews import Previews, draw_sheet, encode, to_picture

ORDERING, REPEATING = 1, 2
"""What a reviewer's own random numbers are for."""

SHEET_LIMIT = 60


class Session:
    """All that a running page knows.

    chances: float32 N x 6, the suggestions for the previews' seeds, NaN where there is none;
    indexes, degrees: of the strips; directions: path of directions.npz; strips: the folder where
    strips are kept; notes: what was found odd, in words.
    """

    def __init__(
        self,
        previews: Previews,
        chances: np.ndarray,
        journal: Journal,
        reviews: Path,
        network: Path,
        directions: Path,
        indexes: list[int],
        degrees: list[float],
        strips: Path,
        root_seed: int,
        notes: list[str],
    ) -> None:
        self.previews, self.chances, self.journal, self.reviews = (
            previews,
            chances,
            journal,
            reviews,
        )
        self.network, self.directions, self.strips = network, directions, strips
        self.indexes, self.degrees = indexes, degrees
        self.root_seed, self.notes = root_seed, notes
        self.rows = {seed: row for row, seed in enumerate(previews.seeds())}
        chosen = journal.head["seeds"]
        self.seeds = [seed for seed in chosen or self.rows if seed in self.rows]
        own = set(self.seeds)
        self.repeats = [seed for seed in journal.head["repeats"] if seed in own]
        self.items = own | {item_of_repeat(seed) for seed in self.repeats}
        self.helper, self.verdicts = Helper(), None
        self.scratch = tempfile.TemporaryDirectory()
        self._lock = threading.Lock()
        self._draw = lru_cache(maxsize=48)(lambda seeds: draw_sheet(previews, seeds))

    def close(self) -> None:
        """End the helper, and give the journal of final decisions free."""
        self.helper.close()
        self.scratch.cleanup()
        if self.verdicts is not None:
            self.verdicts.close()

    def describe(self) -> dict[str, Any]:
        """Return all that the page needs at its start."""
        head, state = self.journal.head, self.journal.state
        blind = head["blind"]
        shown = {} if blind else {seed: self.rows[seed] for seed in self.seeds}
        percent = np.rint(100 * np.nan_to_num(self.chances, nan=-0.01)).astype(int)
        return {
            "reviewer": head["reviewer"],
            "network": head["network"],
            "psi": head["psi"],
            "blind": blind,
            "aus": list(AU_NAMES),
            "names": [DESCRIPTIONS[au] for au in AUS],
            "guide": GUIDE,
            "degrees": self.degrees,
            "indexes": self.indexes,
            "orders": ["random"] if blind else list(ORDERS),
            "order": "random" if blind else (state.place or {}).get("order", self.first_order()),
            "suggestions": {
                seed: percent[row].tolist() for seed, row in shown.items() if percent[row][0] >= 0
            },
            "notes": self.notes,
            **self.refresh(),
        }

    def refresh(self) -> dict[str, Any]:
        """Return what other tabs may have changed."""
        with self._lock:
            state = self.journal.state
            labels = {item: label for item, label in state.labels.items() if item in self.items}
            return {"labels": labels, "place": state.place, **self.tell(self.journal)}

    def tell(self, journal: Journal) -> dict[str, Any]:
        """Return the number of the last action, what can be undone, and the pace."""
        state = journal.state
        paces = {view: [pace.items, pace.seconds] for view, pace in state.paces.items()}
        return {
            "n": state.last,
            "undo": len(state.done),
            "redo": len(state.undone),
            "paces": paces,
        }

    def first_order(self) -> str:
        """Return the order that a new review starts in."""
        return "seed" if np.isnan(self.chances).all() else "uncertain"

    def order(self, by: str) -> list[int]:
        """Return all items in one order, the hidden repeats put in."""
        head = self.journal.head
        if head["blind"] and by != "random":
            raise FacetdsError("A blind review has its own random order.")
        chances = self.chances[[self.rows[seed] for seed in self.seeds]]
        own = stream(self.root_seed, head["reviewer"], ORDERING)
        order = order_seeds(self.seeds, by, chances, own)
        own = stream(self.root_seed, head["reviewer"], REPEATING)
        return add_repeats(order, self.repeats, own)

    def act(self, request: dict[str, Any]) -> dict[str, Any]:
        """Journal one action of the page; the answer means that it is on the disk."""
        view = _text(request, "view")
        changes = [self._check_change(change) for change in request["changes"]]
        if not changes:
            raise FacetdsError("The action changes nothing.")
        with self._lock:
            journal = self._journal_of(view)
            journal.set_labels(_text(request, "id"), view, changes, bool(request["suggested"]))
            return self.tell(journal)

    def step(self, request: dict[str, Any], kind: str) -> dict[str, Any]:
        """Undo or redo, and return the changes."""
        with self._lock:
            journal = self._journal_of(_text(request, "view"))
            made = (journal.undo if kind == "undo" else journal.redo)(_text(request, "id"))
            return {"view": "", "changes": []} | (made or {}) | self.tell(journal)

    def move(self, request: dict[str, Any]) -> dict[str, Any]:
        """Journal where the reviewer is."""
        item = request["item"]
        if item is not None and item not in self.items:
            raise FacetdsError(f"There is no item {item!r}.")
        place = {"view": _text(request, "view"), "order": _text(request, "order"), "item": item}
        with self._lock:
            self.journal.move(str(uuid.uuid4()), place)
            return self.tell(self.journal)

    def disputes(self) -> dict[str, Any]:
        """Return the disputed seeds with every reviewer's label, and what was adjudicated."""
        found = self._ask_of_all("list_disputes", psi=self.previews.psi)
        if not set(found["seeds"]) <= self.previews.files.keys():
            raise FacetdsError("Some disputed seeds have no preview; raise seeds.previews.")
        return found

    def agreement(self) -> list[dict[str, Any]]:
        """Return the rows of `agreement.compare_all`."""
        return self._ask_of_all("compare", psi=self.previews.psi, root_seed=self.root_seed)

    def publish(self) -> dict[str, Any]:
        """Write the table of labels, and return what was written in words."""
        folder = next(iter(self.previews.files.values()))[0].parent
        options = {"previews": str(folder), "root_seed": self.root_seed}
        return {"words": self._ask_of_all("write_labels", **options)}

    def sheet(self, seeds: str) -> bytes:
        """Return a sheet of thumbnails as JPEG; seeds: up to `SHEET_LIMIT`, joined by commas."""
        numbers = tuple(self._known(seed) for seed in seeds.split(",")[: SHEET_LIMIT + 1])
        if len(numbers) > SHEET_LIMIT:
            raise FacetdsError(f"A sheet has at most {SHEET_LIMIT} seeds.")
        return self._draw(numbers)

    def face(self, seed: str) -> bytes:
        """Return the preview of a seed as JPEG."""
        return encode(to_picture(self.previews.read(self._known(seed))))

    def strip(self, seed: str, index: str) -> bytes:
        """Return a seed moved along one direction as JPEG; drawn once and kept."""
        number, along = self._known(seed), _number(index)
        if along not in self.indexes:
            raise FacetdsError(f"There is no direction {along} among generate.indexes.")
        degrees = "_".join(f"{degree:g}" for degree in self.degrees)
        path = self.strips / f"{number}-{along}-{degrees}.jpg"
        if not path.exists():
            self.helper.ask(
                "draw_strip", out=str(path), network=str(self.network),
                directions=str(self.directions), seed=number, index=along,
                degrees=self.degrees, psi=self.previews.psi,
            )  # fmt: skip
        return path.read_bytes()

    def example(self, au: str) -> bytes:
        """Return the drawn example of an AU as JPEG."""
        number = _number(au)
        if number not in AUS:
            raise FacetdsError(f"There is no example of AU{number}.")
        path = Path(self.scratch.name) / f"AU{number}.jpg"
        if not path.exists():
            self.helper.ask("draw_example", out=str(path), au=number)
        return path.read_bytes()

    def _known(self, seed: str) -> int:
        number = _number(seed)
        if number not in self.previews.files:
            raise FacetdsError(f"Seed {number} has no preview.")
        return number

    def _ask_of_all(self, what: str, **options: Any) -> Any:
        """Ask the helper about the journals of all reviewers."""
        self._refuse_blind()
        reviews, network = str(self.reviews), self.previews.network
        return self.helper.ask(what, reviews=reviews, network=network, **options)

    def _journal_of(self, view: str) -> Journal:
        """Return the reviewer's journal, or that of the final decisions."""
        if view != "adjudicate":
            return self.journal
        self._refuse_blind()
        if self.verdicts is None:
            head = {**self.journal.head, "reviewer": ADJUDICATION, "seeds": None, "repeats": []}
            path = self.reviews / f"{ADJUDICATION}.jsonl"
            self.verdicts, _ = open_journal(path, head)
        return self.verdicts

    def _refuse_blind(self) -> None:
        if self.journal.head["blind"]:
            raise FacetdsError("A blind reviewer does not see what others decided.")

    def _check_change(self, change: Any) -> Change:
        item, old, new = change
        known = self.items if isinstance(item, int) and item < 0 else self.previews.files
        if type(item) is not int or item not in known:
            raise FacetdsError(f"Seed {item!r} has no preview; nothing was saved.")
        if not isinstance(old, str) or not isinstance(new, str):
            raise FacetdsError("A label must be text; nothing was saved.")
        return item, old, new


def _text(request: dict[str, Any], key: str) -> str:
    value = request[key]
    if not isinstance(value, str) or not 0 < len(value) <= 64:
        raise FacetdsError(f"{key} must be a short text.")
    return value


def _number(word: str) -> int:
    if not (word.isascii() and word.isdigit() and len(word) <= 10):
        raise FacetdsError(f"{word[:40]!r} is no number.")
    return int(word)
