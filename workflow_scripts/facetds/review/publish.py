"""Publish what the journals say: the table of seed labels that the workflow reads."""

from pathlib import Path

from facetds import command
from facetds.files import digest
from facetds.progress import say
from facetds.review.journal import read_states
from facetds.review.previews import find_previews
from facetds.review.publishing import publish as write


def publish(
    network: Path = Path("results/gan/network.pkl"),
    previews: Path = Path("results/seeds"),
    reviews: Path = Path("reviews"),
    seed: int = 1,
) -> None:
    """Merge all journals in `reviews` and write seed_labels.csv, disputed.csv, agreement.csv there.

    \b
    Example:
      python -m facetds.review.publish --reviews reviews

    Seeds are decided by majority, or as adjudicated; ties are left out. `seed` is the root of the
    bootstrap.
    """  # noqa: D301 - the backspace keeps the lines of the examples apart
    found = find_previews(previews, digest(network))
    states = read_states(reviews, found.network, found.psi)
    say(write(states, reviews, found.network, found.psi, set(found.seeds()), seed))


if __name__ == "__main__":
    command.run(publish)
