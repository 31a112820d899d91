"""The schema of settings: defaults, ranges, words, nearest keys."""

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.model.outlook import DEFAULT_LIMITS, Limits
from guardian.policy.setting_schema import GROUPS, SETTINGS, Setting
from guardian.policy.setting_values import SettingError, check_value, parse_value, show_value
from guardian.policy.settings import DEFAULTS, as_document, limits_of, nearest_key, parse_settings, setting_of

GIB = 1 << 30


def test_every_threshold_of_the_model_has_a_setting_with_its_default() -> None:
    assert {one.name for one in SETTINGS if one.group == "thresholds"} == set(Limits._fields)
    assert limits_of(DEFAULTS, 8 * GIB) == DEFAULT_LIMITS


@pytest.mark.parametrize("setting", SETTINGS, ids=[one.key for one in SETTINGS])
def test_a_default_fits_its_own_range_and_reads_back_from_its_words(setting: Setting) -> None:
    choices = [one for one, _text in setting.choices]
    assert check_value(setting.kind, setting.default, setting.least, setting.most, choices) == setting.default
    shown = parse_value(setting.kind, show_value(setting.kind, setting.default))
    assert shown == pytest.approx(setting.default)
    assert setting.title
    assert setting.help


def test_every_setting_is_read_by_somebody(checkout: Path) -> None:
    """By its key; the thresholds all together by `limits_of`, whose values the outlook and the course judge by."""
    code = {path: path.read_text("utf-8") for path in (checkout / "guardian").rglob("*.py") if path.name != "setting_schema.py"}
    wanted = [one.key for one in SETTINGS if one.group != "thresholds"]
    assert [key for key in wanted if not any(f'"{key}"' in text for text in code.values())] == []
    judges = code[checkout / "guardian/model/outlook.py"] + code[checkout / "guardian/model/course.py"]
    assert [name for name in Limits._fields if f"limits.{name}" not in judges] == []
    agent = code[checkout / "guardian/cli/agent.py"]
    assert "limits_of(" in agent


def test_keys_are_unique_and_their_groups_known() -> None:
    keys = [one.key for one in SETTINGS]
    assert len(set(keys)) == len(keys)
    assert {one.group for one in SETTINGS} == {name for name, _title in GROUPS}


def test_an_unknown_key_names_the_nearest() -> None:
    with pytest.raises(SettingError, match=r"notifications\.level"):
        setting_of("notifications.levl")
    assert nearest_key("low_rom") == "thresholds.low_room"
    assert nearest_key("zzzzzzzz") is None


@pytest.mark.parametrize(
    "key,value",
    [
        ("thresholds.thrashing", 2.0),
        ("thresholds.thrashing", math.nan),
        ("thresholds.low_room", 1000),
        ("notifications.level", "loud"),
        ("notifications.enabled", 1),
        ("notifications.quiet", True),
        ("history.days", 1.5),
        ("relief.never_freeze", [1]),
        ("relief.never_freeze", ["a\nb"]),
        ("fleet.server", "a\nb"),
        ("fleet.server", "x" * 513),
        ("fleet.server", 9090),
    ],
)
def test_what_does_not_fit_is_refused_by_name(key: str, value: object) -> None:
    with pytest.raises(SettingError, match=key):
        DEFAULTS.changed(key, value)


def test_a_threshold_in_bytes_becomes_a_share_of_the_machine() -> None:
    settings = DEFAULTS.changed("thresholds.low_room", "2 GiB")
    assert limits_of(settings, 20 * GIB).low_room == pytest.approx(0.1)
    assert limits_of(settings).low_room == DEFAULT_LIMITS.low_room


def test_a_document_keeps_what_fits_and_names_the_rest() -> None:
    settings, complaints = parse_settings(
        {"thresholds": {"low_rom": 0.2, "thrashing": 0.5}, "notifications": {"enabled": False}, "stray": 1}
    )
    assert settings.chosen == {"thresholds.thrashing": 0.5, "notifications.enabled": False}
    assert len(complaints) == 2
    assert "thresholds.low_room" in complaints[0]


def test_going_back_to_the_default_leaves_no_trace() -> None:
    settings = DEFAULTS.changed("notifications.quiet", 60)
    assert settings.changed("notifications.quiet", 900) == DEFAULTS


@given(
    st.dictionaries(
        st.text(max_size=20), st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists, max_leaves=4)
    )
)
def test_any_document_gives_settings(document: dict[str, object]) -> None:
    settings, _complaints = parse_settings({"thresholds": document, "notifications": document, "relief": document, **document})
    assert parse_settings(as_document(settings)) == (settings, ())
    limits_of(settings, GIB)
