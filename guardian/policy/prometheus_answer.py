"""A Prometheus server's answer as frozen values; whoever sends it may be anybody, so nothing in it is believed.

Source: prometheus.io "HTTP API" (format overview, instant queries, range queries).
"""

import json
import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from guardian.protocol.i18n import _
from guardian.protocol.printable import printable

MOST_SERIES, MOST_LABELS, LONGEST_LABEL, MOST_POINTS = 20_000, 40, 256, 11_000
_LONGEST_REASON = 200
# Seconds since the epoch, some thousand years on; no clock of the day can show what lies beyond.
LATEST = 1e11


class AnswerUnreadable(Exception):
    """The answer is none that a Prometheus server gives; the text says in a few words why."""


class QueryRefused(Exception):
    """The server understood but did not do it; the text is its own reason, safe to show."""


class Point(NamedTuple):
    """A value at a time (seconds since the epoch, of the server's clock, at most LATEST); never NaN or infinite."""

    time: float
    value: float


class Series(NamedTuple):
    """One series: its name ("" where a calculation has none), its other labels, and its points, oldest first."""

    name: str
    labels: Mapping[str, str]
    points: tuple[Point, ...]

    @property
    def last(self) -> float:
        """The newest value."""
        return self.points[-1].value


def parse_answer(text: bytes) -> tuple[Series, ...]:
    """The series of an answer to an instant or a range query; those without a usable value are left out.

    Raises AnswerUnreadable, QueryRefused.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise AnswerUnreadable(_("what it sends is no JSON")) from error
    if not isinstance(document, dict) or document.get("status") not in {"success", "error"}:
        raise AnswerUnreadable(_("what it sends is not Prometheus' format"))
    if document["status"] == "error":
        raise QueryRefused(_reason(document))
    found = document.get("data")
    results = found.get("result") if isinstance(found, dict) else None
    if not isinstance(found, dict) or found.get("resultType") not in {"vector", "matrix"} or not isinstance(results, list):
        raise AnswerUnreadable(_("what it sends is not Prometheus' format"))
    if len(results) > MOST_SERIES:
        raise AnswerUnreadable(_("it sends more than was asked for"))
    key = "value" if found["resultType"] == "vector" else "values"
    return tuple(series for one in results if (series := _series(one, key)) is not None)


def _reason(document: Mapping[str, Any]) -> str:
    text = document.get("error")
    return printable(text[:_LONGEST_REASON]) if isinstance(text, str) and text else _("it gives no reason")


def _series(one: object, key: str) -> Series | None:
    if not isinstance(one, dict):
        return None
    labels, found = one.get("metric"), one.get(key)
    if not isinstance(labels, dict) or len(labels) > MOST_LABELS or not isinstance(found, list):
        return None
    # JSON's keys are texts; a value may be anything.
    if any(
        not isinstance(value, str) or len(value) > LONGEST_LABEL or len(name) > LONGEST_LABEL for name, value in labels.items()
    ):
        return None
    pairs = [found] if key == "value" else found
    if len(pairs) > MOST_POINTS:
        return None
    points = tuple(point for pair in pairs if (point := _point(pair)) is not None)
    if not points:
        return None
    name = labels.pop("__name__", "")
    return Series(name, labels, points)


def _point(pair: object) -> Point | None:
    if not isinstance(pair, list) or len(pair) != 2:
        return None
    time, text = pair
    if isinstance(time, bool) or not isinstance(time, int | float) or not isinstance(text, str) or len(text) > 64:
        return None
    try:
        at, value = float(time), float(text)
    except (ValueError, OverflowError):
        return None
    return Point(at, value) if 0 <= at <= LATEST and math.isfinite(value) else None
