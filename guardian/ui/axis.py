"""Round marks for axes, and the heights of stacked layers.  Pure arithmetic."""

import math
from collections.abc import Sequence

_STEPS = (1.0, 2.0, 4.0, 5.0, 10.0)


def round_ticks(top: float, least: int = 4, most: int = 6) -> list[float]:
    """Round values from 0 to at least `top`, between `least` and `most` of them; the lowest end wins, then the fewest."""
    if not top > 0 or not math.isfinite(top):
        return [0.0, 1.0]
    scale = 10.0 ** math.floor(math.log10(top))
    best: tuple[float, int, float] | None = None
    for factor in (scale / 10, scale):
        for step in (each * factor for each in _STEPS):
            count = math.ceil(round(top / step, 9)) + 1
            if least <= count <= most:
                found = (step * (count - 1), count, step)
                best = found if best is None else min(best, found)
    _end, count, step = best or (top, 2, top)
    return [round(step * at, 10) for at in range(count)]


def tick_text(value: float, ticks: Sequence[float]) -> str:
    """A tick's number with as many decimals as its neighbours need."""
    step = ticks[1] - ticks[0] if len(ticks) > 1 else 1.0
    digits = next((digits for digits in range(4) if abs(step - round(step, digits)) < 1e-9), 4)
    return f"{value:.{digits}f}"


def stacked_heights(sizes: Sequence[int | None], total: int, height: float) -> list[float]:
    """The height of each layer in a stack of `height` pixels for `total` bytes.

    What is there at all gets a pixel, at the cost of the thickest; unknown and empty layers get none.
    """
    if total <= 0:
        return [0.0] * len(sizes)
    heights = [0.0 if not size else max(1.0, size / total * height) for size in sizes]
    wanted = height * min(1.0, sum(size or 0 for size in sizes) / total)
    over = sum(heights) - wanted
    if heights and over > 1e-9:
        thickest = max(range(len(heights)), key=heights.__getitem__)
        heights[thickest] = max(1.0, heights[thickest] - over)
    return heights
