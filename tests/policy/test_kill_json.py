"""A kill goes into the store and comes back whole, and what is unknown stays unknown."""

import json

import pytest

from guardian.model.attribution import merge
from guardian.model.history import Kill, Party, Weighed
from guardian.policy.kill_json import kill_from_mapping, kill_rows, kill_to_mapping
from guardian.policy.kill_words import report_text

WEIGHED = (
    Weighed("/system.slice/packagekit.service", 290 << 20, None, 0.9366, 2172, ended=True),
    Weighed("/system.slice/dbus-broker.service", 8 << 20, 1 << 20, None, 22),
)
BY_OOMD = Kill(
    10.0, 1_790_000_000.0, "systemd-oomd", (Party(None, "packagekit.service", WEIGHED[0].path),), group=True,
    reason="memory used (1) / total (2)", sources=("systemd-oomd",), weighed=WEIGHED, considered=60,
)  # fmt: skip


def test_what_systemd_oomd_weighed_is_kept() -> None:
    stored = json.loads(json.dumps(kill_to_mapping(BY_OOMD)))
    assert kill_from_mapping(stored) == BY_OOMD
    (row,) = kill_rows(BY_OOMD)
    assert [one["path"] for one in row["weighed"]] == [one.path for one in WEIGHED]


def test_a_signal_without_a_table_takes_the_journals() -> None:
    signal = BY_OOMD._replace(weighed=(), considered=0, sources=("bus",))
    assert merge(signal, BY_OOMD).weighed == WEIGHED
    assert merge(BY_OOMD, signal).considered == 60


def test_the_report_has_it_in_columns() -> None:
    lines = report_text(BY_OOMD).splitlines()
    (ended,) = (line for line in lines if line.endswith("packagekit.service *"))
    assert ended.split()[:5] == ["1", "290", "-", "93.66%", "2172"]


@pytest.mark.parametrize("broken", [{"weighed": [{"nothing": 1}]}, {"weighed": 5}, {"weighed": [3]}])
def test_a_broken_table_is_no_stored_kill(broken: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="no stored kill"):
        kill_from_mapping(kill_to_mapping(BY_OOMD) | broken)
