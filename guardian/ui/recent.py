"""The last minutes of one value of the history, as charts draw them: flat lists, no point objects."""

from bisect import bisect_left
from collections.abc import Sequence

from guardian.sampling.history import History


def recent(history: History, name: str, span: float) -> tuple[list[float], list[float | None]]:
    """Seconds before the newest point (0 and less, oldest first) and the value of `name` there, for the last `span` seconds."""
    times = history.times()
    if not times:
        return [], []
    newest = times[-1]
    first = bisect_left(times, newest - span)
    return [at - newest for at in times[first:]], history.series(name)[first:]


def thinned(places: Sequence[float], values: Sequence[float | None], most: int) -> list[tuple[float, float]]:
    """At most `most` known points; of neighbours that fall together the highest stays, so that no peak is lost."""
    step = max(1, -(-len(places) // most))
    points = []
    for at in range(0, len(places), step):
        known = [value for value in values[at : at + step] if value is not None]
        if known:
            points.append((places[min(at + step, len(places)) - 1], max(known)))
    return points
