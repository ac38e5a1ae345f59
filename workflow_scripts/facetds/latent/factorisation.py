"""Closed-form factorisation: the directions in w that change a generator's image most.

Shen and Zhou, "Closed-form factorization of latent semantics in GANs" (CVPR 2021): the directions
are the eigenvectors of A^T A with the largest eigenvalues, where the rows of A are the weights that
turn w into the styles of the layers (the affine weights). Implementations differ in which layers
they stack and in scaling the rows; a convention names the choice (`facetds.latents.CONVENTIONS`).
"""

import re
from collections.abc import Sequence

import numpy as np

from facetds.errors import FacetdsError
from facetds.latents import CONVENTIONS

NAME = re.compile(r"synthesis\.b(\d+)\.(conv0|conv1|torgb)\.affine\.weight")


def list_layers(names: Sequence[str]) -> list[str]:
    """Return the affine weights among state names in the order of the w layers that feed them.

    Layer 0 is b4.conv1, then conv0 and conv1 of every block, and last the final torgb: the
    numbering of genforce and of ws. The torgb of earlier blocks share a w with the next conv0.
    """
    found = {}
    for name in names:
        if match := NAME.fullmatch(name):
            found[int(match[1]), match[2]] = name
    if not found:
        raise FacetdsError("The network has no affine weights; it is not a StyleGAN2 generator.")
    last = max(block for block, _ in found)
    return [found[key] for key in sorted(found) if key[1] != "torgb" or key == (last, "torgb")]


def choose_weights(
    weights: dict[str, np.ndarray], convention: str, layers: Sequence[int] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the stacked matrix A (rows x w_dim) of a convention, and the w layers it acts on.

    `weights` is the generator's state (float arrays by official name). `layers` chooses w layers
    (genforce), None all. rosinality and dvschultz stack all convolutions and the 4 x 4 torgb (but
    no other torgb), unscaled; genforce stacks its layers with every row scaled to unit length.

    Raises `FacetdsError` for an unknown convention or layer.
    """
    if convention not in CONVENTIONS:
        raise FacetdsError(
            f"latent.convention: {convention!r} is unknown; choose from {', '.join(CONVENTIONS)}."
        )
    ordered = list_layers(list(weights))
    every = np.arange(len(ordered))
    if convention != "genforce":
        if layers is not None:
            raise FacetdsError(
                f"latent.layers: only genforce takes a part of the layers, {convention} takes all; "
                "write null."
            )
        names = [name for name in weights if name in ordered[:-1]]
        names += [name for name in weights if name == "synthesis.b4.torgb.affine.weight"]
        return np.concatenate([weights[name] for name in names]).astype(np.float64), every
    chosen = every if layers is None else np.array(sorted(set(layers)))
    if len(chosen) == 0 or chosen[0] < 0 or chosen[-1] >= len(ordered):
        raise FacetdsError(
            f"latent.layers: {list(layers or [])} are not all among the network's layers "
            f"0 to {len(ordered) - 1}."
        )
    stacked = np.concatenate([weights[ordered[layer]] for layer in chosen]).astype(np.float64)
    return stacked / np.linalg.norm(stacked, axis=1, keepdims=True), chosen


def factorise(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the eigenvectors of A^T A as rows (k x w_dim) and their eigenvalues, falling.

    Computed in float64 by the singular value decomposition of `matrix` (eigenvalue = singular value
    squared). The sign, which the mathematics leaves open, is fixed: the component of largest
    magnitude is positive.
    """
    # The full form only matters for few rows, and would build a rows x rows matrix for many.
    few = matrix.shape[0] < matrix.shape[1]
    _, singular, rows = np.linalg.svd(matrix.astype(np.float64), full_matrices=few)
    values = np.zeros(len(rows))
    values[: len(singular)] = singular**2
    return fix_signs(rows), values


def fix_signs(rows: np.ndarray) -> np.ndarray:
    """Return the rows with the sign that makes their component of largest magnitude positive."""
    largest = np.take_along_axis(rows, np.abs(rows).argmax(axis=1)[:, None], axis=1)
    return rows * np.sign(largest)
