"""Rules and plans from hostile hands: what is taken, what is refused and why."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.protocol.plans import DROP_IN, OWNER_HEADER, UnitPlan, drop_in_text, parse_plan
from guardian.protocol.rules import Rule, RuleError, Subject, check_rule_id, check_unit, is_interpreter, matches, parse_rule
from guardian.protocol.sysctls import SYSCTLS, check_setting

ANYTHING = st.one_of(
    st.text(max_size=30), st.integers(), st.booleans(), st.none(), st.lists(st.integers(), max_size=2), st.floats()
)


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"adj": 5},
        {"exe": "/usr/bin/x"},
        {"exe": "/usr/bin/x", "name": "x", "adj": 1},
        {"exe": "relative", "adj": 1},
        {"exe": "/usr/../bin/x", "adj": 1},
        {"exe": "/usr/bin/x\n", "adj": 1},
        {"exe": "/usr/bin/x", "adj": 1001},
        {"exe": "/usr/bin/x", "adj": True},
        {"exe": "/usr/bin/x", "adj": "1"},
        {"exe": "/usr/bin/x", "adj": -1000},
        {"exe": "/usr/bin/x", "adj": -1000, "immortal": True},
        {"unit": "x.service", "adj": -500, "immortal": True},
        {"unit": "../x.service", "adj": 1},
        {"unit": "x", "adj": 1},
        {"name": "x", "adj": -1},
        {"app": "org.x", "adj": -1},
        {"app": "../x", "adj": 1},
        {"name": "", "adj": 1},
        {"name": "sixteen bytes ab", "adj": 1},
        {"name": "x", "adj": 1, "user": "a b"},
        {"name": "x", "adj": 1, "colour": "red"},
    ],
)
def test_a_bad_rule_is_refused_with_a_reason(keys: dict[str, object]) -> None:
    with pytest.raises(RuleError) as refusal:
        parse_rule(keys)
    assert str(refusal.value)


@given(st.dictionaries(st.sampled_from(["exe", "unit", "app", "name", "user", "adj", "immortal", "x"]), ANYTHING, max_size=5))
def test_any_keys_give_a_rule_or_a_refusal(keys: dict[str, object]) -> None:
    try:
        rule = parse_rule(keys)
    except RuleError:
        return
    assert parse_rule(rule.as_mapping()) == rule


@given(st.text(max_size=40))
def test_ids_and_units_never_leave_their_folder(text: str) -> None:
    for check in (check_rule_id, check_unit):
        try:
            name = check(text)
        except RuleError:
            continue
        assert "/" not in name
        assert name not in (".", "..")
        assert "\n" not in name


@pytest.mark.parametrize(
    "path",
    [
        "/usr/bin/python3",
        "/usr/bin/python3.11",
        "/bin/sh",
        "/usr/bin/bash",
        "/usr/bin/node",
        "/usr/bin/perl5.36",
        "/usr/bin/env",
        "/usr/bin/qemu-system-x86_64",
    ],
)
def test_interpreters_are_known(path: str) -> None:
    assert is_interpreter(path)


@pytest.mark.parametrize(
    "path", ["/usr/bin/postgres", "/usr/sbin/nginx", "/usr/bin/sleep", "/usr/lib/firefox/firefox", "/usr/bin/shotwell"]
)
def test_programs_are_no_interpreters(path: str) -> None:
    assert not is_interpreter(path)


def test_a_negative_unit_rule_means_system_units_only() -> None:
    lower, raise_ = Rule("unit", "x.service", -100), Rule("unit", "x.service", 100)
    mine = Subject(None, "x", "x.service", False, None, None)
    assert not matches(lower, mine)
    assert matches(raise_, mine)
    assert matches(lower, mine._replace(system=True))


def test_a_plan_becomes_a_drop_in_with_its_owner() -> None:
    plan = parse_plan({"OOMScoreAdjust": -500, "OOMPolicy": "continue", "MemoryLow": 1 << 30}, "x.service")
    assert plan == UnitPlan(-500, "continue", None, 1 << 30)
    text = drop_in_text(plan, "x.service")
    assert text.startswith(OWNER_HEADER)
    assert "[Service]\nOOMScoreAdjust=-500\nOOMPolicy=continue\nMemoryLow=1073741824\n" in text
    assert DROP_IN.endswith(".conf")


@pytest.mark.parametrize(
    "keys, unit",
    [
        ({}, "x.service"),
        ({"ExecStart": "/bin/sh"}, "x.service"),
        ({"OOMScoreAdjust": "100\nExecStart=/bin/sh"}, "x.service"),
        ({"OOMScoreAdjust": 2000}, "x.service"),
        ({"OOMScoreAdjust": 1}, "x.scope"),
        ({"OOMPolicy": "stop\n[Service]"}, "x.service"),
        ({"OOMPolicy": "stop"}, "x.slice"),
        ({"MemoryLow": -1}, "x.service"),
    ],
)
def test_a_bad_plan_is_refused(keys: dict[str, object], unit: str) -> None:
    with pytest.raises(RuleError):
        parse_plan(keys, unit)


@pytest.mark.parametrize("key", ["kernel.modprobe", "vm.swappiness\n", "vm/swappiness", "", "vm.", "../x", "kernel.sysrq"])
def test_only_listed_settings_are_set(key: str) -> None:
    with pytest.raises(RuleError):
        check_setting(key, "1")


@pytest.mark.parametrize("value", ["", "x", "1\n", "7; rm", "٣", "-5", "9" * 40, "1.0", " 1"])
def test_only_whole_numbers_in_range_are_set(value: str) -> None:
    with pytest.raises(RuleError):
        check_setting("vm.panic_on_oom", value)


def test_every_listed_setting_takes_its_ends() -> None:
    for sysctl in SYSCTLS.values():
        assert check_setting(sysctl.key, str(sysctl.least))[1] == sysctl.least
        assert check_setting(sysctl.key, str(sysctl.most))[1] == sysctl.most
        assert sysctl.path.startswith("proc/sys/")
