"""The compiled loop of BRISQUE: moments of the products of neighbouring coefficients."""

import numpy as np

from facetds.iqa.compiled import compiled

DUST = 1e-9
"""Values below this are rounding noise of flat areas, and count as 0."""


@compiled()
def product_moments(values, down, right):
    """Return moments of each value times its neighbour `down` rows (0, 1), `right` (-1, 0, 1) on.

    The image (float64 H x W) wraps round. They are the numbers of negative and of positive
    products, the sums of their squares in the same order, and the sum of all absolute values
    (float64, 5).
    """
    height = values.shape[0]
    moments = np.zeros(5)
    for row in range(height):
        near, far = values[row], values[(row + down) % height]
        if right == 0:
            _add_products(near, far, moments)
        elif right > 0:
            _add_products(near[:-1], far[1:], moments)
            _add_products(near[-1:], far[:1], moments)
        else:
            _add_products(near[1:], far[:-1], moments)
            _add_products(near[:1], far[-1:], moments)
    return moments


@compiled(inline="always")
def _add_products(near, far, moments):
    """Add the moments of near times far (float64, same length)."""
    n_left, n_right, squares_left, squares_right, absolute = 0.0, 0.0, 0.0, 0.0, 0.0
    for i in range(near.size):
        product = near[i] * far[i]
        square = product * product
        n_left += 1.0 if product <= -DUST else 0.0
        n_right += 1.0 if product >= DUST else 0.0
        squares_left += square if product <= -DUST else 0.0
        squares_right += square if product >= DUST else 0.0
        absolute += abs(product) if abs(product) >= DUST else 0.0
    moments[0] += n_left
    moments[1] += n_right
    moments[2] += squares_left
    moments[3] += squares_right
    moments[4] += absolute
