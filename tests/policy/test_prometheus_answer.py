"""A server's answers: what a Prometheus sends, and whatever else anybody may send."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.policy.prometheus_answer import (
    LONGEST_LABEL,
    MOST_SERIES,
    AnswerUnreadable,
    Point,
    QueryRefused,
    parse_answer,
)


def answer(results: Any, kind: str = "vector") -> bytes:
    return json.dumps({"status": "success", "data": {"resultType": kind, "result": results}}).encode()


def test_a_vector_and_a_matrix_become_series() -> None:
    (one,) = parse_answer(answer([{"metric": {"__name__": "up", "instance": "a:1"}, "value": [1.5, "0.25"]}]))
    assert (one.name, dict(one.labels), one.points, one.last) == ("up", {"instance": "a:1"}, (Point(1.5, 0.25),), 0.25)
    (curve,) = parse_answer(answer([{"metric": {}, "values": [[1, "2"], [3, "4"]]}], "matrix"))
    assert curve.points == (Point(1, 2), Point(3, 4))
    assert curve.name == ""


@pytest.mark.parametrize("value", ["NaN", "+Inf", "-Inf", "x", "1" * 70, 3, None, ["1"]])
def test_what_is_no_number_is_left_out(value: Any) -> None:
    told = [{"metric": {"n": "bad"}, "value": [1, value]}, {"metric": {"n": "good"}, "value": [1, "7"]}]
    assert [one.labels["n"] for one in parse_answer(answer(told))] == ["good"]


@pytest.mark.parametrize(
    "series",
    [
        7,
        {"metric": [], "value": [1, "1"]},
        {"metric": {"a": 1}, "value": [1, "1"]},
        {"metric": {"a": "x" * (LONGEST_LABEL + 1)}, "value": [1, "1"]},
        {"metric": {str(at): "" for at in range(99)}, "value": [1, "1"]},
        {"metric": {}, "value": [1, "1", 2]},
        {"metric": {}, "value": ["now", "1"]},
        {"metric": {}, "value": [True, "1"]},
        {"metric": {}, "value": [10**400, "1"]},
        {"metric": {}, "value": [1e12, "1"]},
        {"metric": {}, "value": [-1, "1"]},
        {"metric": {}},
    ],
)
def test_a_series_of_another_shape_is_left_out(series: Any) -> None:
    assert parse_answer(answer([series])) == ()


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"<html>",
        b"\xff\xfe",
        b"[" * 100_000,
        b"1" * 5000,
        b"null",
        b'{"status": "fine"}',
        b'{"status": "success"}',
        b'{"status": "success", "data": {"resultType": "scalar", "result": [1, "1"]}}',
        b'{"status": "success", "data": {"resultType": "vector", "result": {}}}',
    ],
)
def test_another_format_is_refused(text: bytes) -> None:
    with pytest.raises(AnswerUnreadable):
        parse_answer(text)


def test_more_series_than_any_question_asks_for_are_refused() -> None:
    with pytest.raises(AnswerUnreadable):
        parse_answer(answer([0] * (MOST_SERIES + 1)))


def test_the_servers_own_reason_is_cut_and_made_safe() -> None:
    text = json.dumps({"status": "error", "errorType": "bad_data", "error": "\x1b[31mparse error\n" + "x" * 999}).encode()
    with pytest.raises(QueryRefused) as refused:
        parse_answer(text)
    assert "\x1b" not in str(refused.value)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 300
    with pytest.raises(QueryRefused, match="no reason"):
        parse_answer(b'{"status": "error", "error": 7}')


shapes = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["metric", "value", "values", "x"]), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(shapes, st.sampled_from(["vector", "matrix", "scalar"]))
def test_nothing_that_is_json_ends_in_a_traceback(result: Any, kind: str) -> None:
    try:
        series = parse_answer(answer(result, kind))
    except AnswerUnreadable:
        return
    for one in series:
        assert all(math.isfinite(point.value) and math.isfinite(point.time) for point in one.points)


@given(st.binary(max_size=200))
def test_no_bytes_end_in_a_traceback(text: bytes) -> None:
    with pytest.raises((AnswerUnreadable, QueryRefused)):
        parse_answer(text)
