"""Find the directions of a network by closed-form factorisation (thesis 2.4.2)."""

from pathlib import Path

import numpy as np

from facetds import command
from facetds.files import digest, replacing
from facetds.gan.checkpoint import load_generator
from facetds.latent.factorisation import choose_weights, factorise
from facetds.progress import say


def find_directions(
    network: Path, out: Path, convention: str, layers: list[int] | None = None
) -> None:
    """Write directions (k x w_dim, unit rows), eigenvalues, layers, convention and network digest.

    Direction 0 changes the styles most. `layers` only serves the convention genforce.
    """
    state = {name: value.numpy() for name, value in load_generator(network).state_dict().items()}
    matrix, moved = choose_weights(state, convention, layers or None)
    vectors, eigenvalues = factorise(matrix)
    share = eigenvalues[:10].sum() / eigenvalues.sum()
    say(f"{len(vectors)} directions; the first ten carry {share:.0%} of the change")
    with replacing(out) as temporary, temporary.open("wb") as handle:
        np.savez(
            handle,
            directions=vectors.astype(np.float32),
            eigenvalues=eigenvalues,
            layers=moved.astype(np.int64),
            convention=np.array(convention),
            network=np.array(digest(network)),
        )


if __name__ == "__main__":
    command.run(find_directions)
