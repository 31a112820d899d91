"""A verdict through the agent's D-Bus properties and back; and whatever else a bus could bring."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jeepney import DBusAddress, Message, new_signal

from guardian.adapters.agent_values import (
    BadValue,
    alerts_from_bus,
    alerts_to_bus,
    forecast_to_bus,
    next_victims_to_bus,
    state_to_bus,
    verdict_from_bus,
)
from guardian.kernel.process import ProcessKey
from guardian.model.classic_clock import ClassicCheck
from guardian.model.forecast_book import ForecastRecord
from guardian.model.verdict import Evidence, Grower, NextVictim, State, Verdict
from guardian.policy.alerts import Alert
from guardian.protocol.agent import PROPERTY_TYPES

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
SIZE = st.integers(0, 2**62)
REAL = st.floats(allow_nan=False, allow_infinity=False)
KEY = st.builds(ProcessKey, st.integers(0, 2**22), SIZE)
EVIDENCE = st.builds(Evidence, TEXT, st.none() | REAL, st.none() | REAL, st.booleans())
NEXT = st.builds(
    NextVictim,
    st.sampled_from(["kernel", "memcg", "systemd-oomd", "earlyoom", "nohang"]),
    TEXT,
    TEXT,
    st.none() | REAL,
    st.none() | TEXT,
    st.none() | KEY,
    st.none() | TEXT,
    st.none() | SIZE,
    st.integers(0, 2**31),
)
GROWER = st.builds(Grower, TEXT, KEY, st.integers(1, 2**16), SIZE, REAL)
VERDICT = st.builds(
    Verdict,
    REAL,
    st.sampled_from(State),
    SIZE,
    SIZE,
    SIZE,
    st.none() | REAL,
    st.none() | REAL,
    st.none() | st.tuples(REAL, REAL, REAL).map(sorted).map(tuple),
    st.none() | REAL,
    st.lists(EVIDENCE, max_size=5).map(tuple),
    st.lists(NEXT, max_size=5).map(tuple),
    st.lists(GROWER, max_size=3).map(tuple),
    st.lists(st.builds(ClassicCheck, TEXT, st.none() | REAL, st.booleans()), max_size=5).map(tuple),
    st.none() | TEXT,
    st.none() | st.builds(ForecastRecord, st.integers(0, 99), st.integers(0, 99), st.none() | REAL),
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4) | st.tuples(inner, inner),
    max_leaves=12,
)


def carried(signature: str, *body: object) -> tuple[object, ...]:
    """The values as they come out of a message at the other end."""
    sent = new_signal(DBusAddress("/x", interface="org.example.X"), "S", signature, body)
    return tuple(Message.from_buffer(sent.serialise(serial=1)).body)


@given(VERDICT)
def test_a_verdict_survives_the_bus(verdict: Verdict) -> None:
    signature = PROPERTY_TYPES["State"] + PROPERTY_TYPES["Forecast"] + PROPERTY_TYPES["NextVictims"]
    got = carried(signature, state_to_bus(verdict), forecast_to_bus(verdict), next_victims_to_bus(verdict))
    assert verdict_from_bus(*got) == verdict


@given(st.lists(st.builds(Alert, st.sampled_from(State), REAL, TEXT), max_size=4).map(tuple))
def test_alerts_survive_the_bus(alerts: tuple[Alert, ...]) -> None:
    (got,) = carried(PROPERTY_TYPES["Alerts"], alerts_to_bus(alerts))
    assert alerts_from_bus(got) == alerts


def test_a_name_that_is_no_utf8_still_travels() -> None:
    verdict = Verdict(0.0, State.CALM, 0, 0, 0, None, None, None, None, (), ())
    odd = NextVictim("kernel", "", "", None, "a\udcffb\0c", None, None, None, 0)
    (got,) = carried("aa{sv}", next_victims_to_bus(verdict._replace(next_victims=(odd,))))
    assert verdict_from_bus(state_to_bus(verdict), {}, got).next_victims[0].name == "a\ufffdbc"


@given(ANYTHING, ANYTHING, ANYTHING)
def test_whatever_an_agent_says_is_a_verdict_or_a_bad_value(state: object, forecast: object, victims: object) -> None:
    for word in (state, {"state": ("s", "calm"), "room": ("t", state)}):
        try:
            verdict_from_bus(word, forecast, victims)
        except BadValue:
            continue


@pytest.mark.parametrize(
    "key,value",
    [
        ("state", ("s", "excited")),
        ("state", ("u", 3)),
        ("room", ("t", -1)),
        ("room", ("b", True)),
        ("time", ("d", math.nan)),
        ("pressure_some", ("d", math.inf)),
        ("evidence", ("aa{sv}", {})),
        ("evidence", ("aa{sv}", [3])),
        ("room", 7),
        ("room", ("t", 7, 8)),
    ],
)
def test_one_odd_value_spoils_the_verdict(key: str, value: object) -> None:
    good: dict[str, object] = {"state": ("s", "calm"), "room": ("t", 7)}
    assert verdict_from_bus(good, {}, []).room == 7
    with pytest.raises(BadValue):
        verdict_from_bus(good | {key: value}, {}, [])


def test_a_forecast_out_of_order_or_an_endless_list_is_refused() -> None:
    calm = {"state": ("s", "calm")}
    with pytest.raises(BadValue):
        verdict_from_bus(calm, {"seconds_left": ("(ddd)", (3.0, 2.0, 4.0))}, [])
    with pytest.raises(BadValue):
        verdict_from_bus(calm, {}, [{"killer": ("s", "kernel")}] * 1000)
    with pytest.raises(BadValue):
        verdict_from_bus(calm, {}, [{"killer": ("s", "rabbit")}])


def test_a_long_text_is_cut() -> None:
    got = verdict_from_bus({"state": ("s", "calm")}, {}, [{"killer": ("s", "kernel"), "name": ("s", "x" * 100_000)}])
    assert len(got.next_victims[0].name or "") == 512
