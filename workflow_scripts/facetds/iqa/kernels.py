"""The compiled loops of the six metrics.

All sums are exact integers, and only the ratios are floating point: float64, in SAM float32. Numba
would widen 32-bit integers at every step, which halves the speed, hence the many `int32`.
"""

import math

import numpy as np
from numba import uint64
from numba.extending import intrinsic
from numpy import float32, float64, int32

from facetds.iqa.compiled import compiled

SSIM_WINDOW, UIQ_WINDOW = 7, 8
LEVELS = 10
AREA = SSIM_WINDOW**2
# The constants of SSIM, 0.01 and 0.03 of the range, for sums over a window instead of means.
LUMINANCE = (0.01 * 255) ** 2 * AREA**2
CONTRAST = (0.03 * 255) ** 2 * AREA * (AREA - 1)
TINY = 1e-300
TINY_ANGLE = float32(1e-30)
EIGHTH, QUARTER, HALF = (float32(math.pi / n) for n in (8, 4, 2))
TAN_LOW, TAN_HIGH = float32(math.tan(math.pi / 8)), float32(math.tan(3 * math.pi / 8))


def _arctangent_series() -> tuple[np.float32, ...]:
    """Return c with atan(t) = t (c0 + c1 t^2 + ...) to 1e-8 for |t| up to tan(pi/8)."""
    top = math.tan(math.pi / 8) ** 2
    nodes = top * (1 + np.cos((np.arange(6) + 0.5) * np.pi / 6)) / 2
    series = np.polynomial.Polynomial.fit(nodes, np.arctan(nodes**0.5) / nodes**0.5, 5)
    return tuple(float32(c) for c in series.convert().coef)


ATAN = _arctangent_series()


@compiled()
def sum_windows(planes, sums7, spreads7, sums8, spreads8, flats):
    """Fill in, for all 7 x 7 and 8 x 8 windows, the sum s and the spread n sum(x^2) - s^2.

    `planes` is uint8 3 x H x W; `sums` are uint16 and `spreads` int32, 3 x H' x W'; `flats` (int32
    3 x H-7) counts the windows without spread in each row of 8 x 8 windows. Returns sum(x^2).
    """
    channels, height, width = planes.shape
    column7, column8 = np.zeros(width, int32), np.zeros(width, int32)
    squares7, squares8 = np.zeros(width, int32), np.zeros(width, int32)
    total = np.int64(0)
    for channel in range(channels):
        column7[:] = 0
        squares7[:] = 0
        for row in range(height):
            row_squares = int32(0)
            for i in range(width):
                new = int32(planes[channel, row, i])
                square = int32(new * new)
                row_squares = int32(row_squares + square)
                column7[i] = int32(column7[i] + new)
                squares7[i] = int32(squares7[i] + square)
            total += row_squares
            if row >= 7:
                for i in range(width):
                    old = int32(planes[channel, row - 7, i])
                    column8[i] = column7[i]
                    squares8[i] = squares7[i]
                    column7[i] = int32(column7[i] - old)
                    squares7[i] = int32(squares7[i] - int32(old * old))
                flats[channel, row - 7] = _sum_row(
                    column8, squares8, 8, sums8[channel, row - 7], spreads8[channel, row - 7]
                )
            if row >= 6:
                _sum_row(column7, squares7, 7, sums7[channel, row - 6], spreads7[channel, row - 6])
    return total


@compiled(inline="always")
def _sum_row(columns, squares, size, sums, spreads):
    """Fill in one row of windows from its column sums; return how many have no spread."""
    flat = int32(0)
    for i in range(columns.size - size + 1):
        total, total_squares = int32(0), int32(0)
        for step in range(size):
            total = int32(total + columns[i + step])
            total_squares = int32(total_squares + squares[i + step])
        spread = int32(int32(int32(size * size) * total_squares) - int32(total * total))
        sums[i] = total
        spreads[i] = spread
        flat = int32(flat + int32(spread == 0))
    return flat


@compiled()
def compare_windows(
    x, y, x7, y7, x7_spreads, y7_spreads, x8, y8, x8_spreads, y8_spreads, x_flats, y_flats
):
    """Return sum(x y), SSIM and UIQ of a pair, in one pass (arguments as of `sum_windows`)."""
    channels, height, width = x.shape
    products = np.int64(0)
    ssim, uiq = 0.0, 0.0
    column7, column8 = np.zeros(width, int32), np.zeros(width, int32)
    for channel in range(channels):
        column7[:] = 0
        for row in range(height):
            row_products = int32(0)
            for i in range(width):
                new = int32(int32(x[channel, row, i]) * int32(y[channel, row, i]))
                row_products = int32(row_products + new)
                column7[i] = int32(column7[i] + new)
            products += row_products
            if row >= 7:
                top = row - 7
                for i in range(width):
                    old = int32(int32(x[channel, top, i]) * int32(y[channel, top, i]))
                    column8[i] = column7[i]
                    column7[i] = int32(column7[i] - old)
                rows = x8[channel, top], y8[channel, top]
                spreads = x8_spreads[channel, top], y8_spreads[channel, top]
                uiq += _uiq_row(column8, rows[0], rows[1], spreads[0], spreads[1])
                if x_flats[channel, top] > 0 and y_flats[channel, top] > 0:
                    uiq += _flat_row(rows[0], rows[1], spreads[0], spreads[1])
            if row >= 6:
                top = row - 6
                rows = x7[channel, top], y7[channel, top]
                spreads = x7_spreads[channel, top], y7_spreads[channel, top]
                ssim += _ssim_row(column7, rows[0], rows[1], spreads[0], spreads[1])
    return (
        products,
        ssim / (channels * (height - 6) * (width - 6)),
        uiq / (channels * (height - 7) * (width - 7)),
    )


@compiled(inline="always")
def _ssim_row(columns, x_sums, y_sums, x_spreads, y_spreads):
    """Return the sum of SSIM over one row of windows; `columns` are sums of x y over 7 rows."""
    ssim = 0.0
    for i in range(x_sums.size):
        product = int32(0)
        for step in range(7):
            product = int32(product + columns[i + step])
        sx, sy = float64(x_sums[i]), float64(y_sums[i])
        light = 2.0 * sx * sy
        spread = float64(x_spreads[i]) + float64(y_spreads[i])
        ssim += (
            (light + LUMINANCE)
            * (98.0 * float64(product) - (light - CONTRAST))
            / ((sx * sx + (sy * sy + LUMINANCE)) * (spread + CONTRAST))
        )
    return ssim


@compiled(inline="always")
def _uiq_row(columns, x_sums, y_sums, x_spreads, y_spreads):
    """Return the sum of UIQ over the windows of one row that have a spread in x or y."""
    uiq = 0.0
    for i in range(x_sums.size):
        product = int32(0)
        for step in range(8):
            product = int32(product + columns[i + step])
        sx, sy = float64(x_sums[i]), float64(y_sums[i])
        light = sx * sy
        spread = float64(x_spreads[i]) + float64(y_spreads[i])
        # Spread and norm are whole numbers, so TINY only decides 0/0.
        uiq += light * (64.0 * float64(product) - light) / ((sx * sx + sy * sy) * spread + TINY)
    return 4.0 * uiq


@compiled(inline="always")
def _flat_row(x_sums, y_sums, x_spreads, y_spreads):
    """Return the sum of UIQ over the windows of one row without a spread in both: their light."""
    uiq = 0.0
    for i in range(x_sums.size):
        if x_spreads[i] == 0 and y_spreads[i] == 0:
            sx, sy = float64(x_sums[i]), float64(y_sums[i])
            norm = sx * sx + sy * sy
            uiq += 1.0 if norm == 0.0 else 2.0 * sx * sy / norm
    return uiq


@compiled()
def sum_angles(x, y):
    """Return the sum of the angles between the colours of x and y, and the number of pixels.

    `x` and `y` are uint8 3 x H x W. A pixel that is black in x or y is left out of both. The angle
    is the arc tangent of the cross product's length over the dot product, both from integers: 0
    for parallel colours, and elsewhere right to 3e-7 of itself. (The arc cosine of a rounded
    cosine is off by up to 3e-4 radians.)
    """
    _, height, width = x.shape
    total = 0.0
    count = np.int64(0)
    for row in range(height):
        row_total = float32(0)
        row_count = int32(0)
        for i in range(width):
            x0, x1, x2 = float32(x[0, row, i]), float32(x[1, row, i]), float32(x[2, row, i])
            y0, y1, y2 = float32(y[0, row, i]), float32(y[1, row, i]), float32(y[2, row, i])
            lit = x0 + x1 + x2 > 0 and y0 + y1 + y2 > 0
            row_count = int32(row_count + int32(lit))
            # Whole numbers below 2^24, so exact.
            dot = x0 * y0 + x1 * y1 + x2 * y2
            a, b, c = x1 * y2 - x2 * y1, x2 * y0 - x0 * y2, x0 * y1 - x1 * y0
            cross = math.sqrt(a * a + b * b + c * c)
            # atan(cross / dot) about the nearest of 0, pi/4 and pi/2.
            above, below, start = cross, dot + TINY_ANGLE, float32(0)
            if cross > dot * TAN_LOW:
                above, below, start = cross - dot, cross + dot, QUARTER
            if cross > dot * TAN_HIGH:
                above, below, start = -dot, cross, HALF
            t = above / below
            z = t * t
            series = ATAN[0] + z * (
                ATAN[1] + z * (ATAN[2] + z * (ATAN[3] + z * (ATAN[4] + z * ATAN[5])))
            )
            row_total += start + t * series
        total += row_total
        count += row_count
    return total, count


@intrinsic
def _count_ones(_context, word):
    """Return the number of ones in a 64-bit word."""

    def build(_context, builder, _signature, arguments):
        return builder.ctpop(arguments[0])

    return uint64(uint64), build


@compiled()
def count_both(x_bits, y_bits):
    """Return in how many places both bit maps are 1, for every pair of maps (int64 N x M).

    `x_bits` is uint64 N x words, `y_bits` uint64 M x words.
    """
    counts = np.zeros((x_bits.shape[0], y_bits.shape[0]), np.int64)
    for i in range(x_bits.shape[0]):
        for j in range(y_bits.shape[0]):
            count = np.uint64(0)
            for word in range(x_bits.shape[1]):
                count += _count_ones(x_bits[i, word] & y_bits[j, word])
            counts[i, j] = count
    return counts


@compiled()
def joint_entropy(reached):
    """Return -sum(H log2 H) over the joint histogram H of counts, from cumulative counts.

    `reached` (int64 10 x 10) says how many values reach level i in x and level j in y. The
    authors of ISSM write probabilities; the package that the thesis names uses counts.
    """
    entropy = 0.0
    for i in range(LEVELS):
        for j in range(LEVELS):
            count = reached[i, j]
            if i + 1 < LEVELS:
                count -= reached[i + 1, j]
            if j + 1 < LEVELS:
                count -= reached[i, j + 1]
            if i + 1 < LEVELS and j + 1 < LEVELS:
                count += reached[i + 1, j + 1]
            if count > 0:
                entropy -= count * math.log2(count)
    return entropy
