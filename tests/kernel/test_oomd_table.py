"""The groups that systemd-oomd writes down, from its real logs and from hostile ones."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from guardian.kernel.oom_log import read_events
from guardian.kernel.oomd_table import OomdRow, OomdTable
from guardian.kernel.userspace_kill import UserspaceKill

MIB = 1 << 20


def kills_of(path: Path) -> list[UserspaceKill]:
    return [event for event in read_events([path.read_bytes()]) if isinstance(event, UserspaceKill)]


def test_a_quoted_log_of_ten_groups(shared: Path) -> None:
    (kill,) = kills_of(shared / "oom-logs" / "31-k60-systemd-oomd-fedora-quoted.log")
    assert kill.considered == 60
    assert [row.path.rpartition("/")[2] for row in kill.weighed[:3]] == [
        "packagekit.service",
        "firewalld.service",
        "sssd-kcm.service",
    ]
    assert kill.weighed[0] == OomdRow("/system.slice/packagekit.service", 290_350_694, None, 0.9366, 181_098 - 178_926)
    assert len(kill.weighed) == 10


def test_the_newer_wording(shared: Path) -> None:
    (kill,) = kills_of(shared / "oom-logs" / "97-u3-oomd-new-wording-marked.log")
    assert kill.considered == 19
    assert kill.weighed == (OomdRow("/system.slice/systemd-journald.service", int(55.5 * MIB)),)


def test_one_entry_of_the_journal_has_the_whole_table() -> None:
    table = OomdTable()
    lines = ("Considered 2 cgroups for killing, top candidates were:", "Path: /a.slice/b.scope", "Swap Usage: 1.5G")
    assert all(table.feed(line) for line in (*lines, "Path: /c.service", "Swap Usage: 12B"))
    assert not table.feed("Killed /a.slice/b.scope due to memory used")
    assert table.take() == ((OomdRow("/a.slice/b.scope", swap=1536 * MIB), OomdRow("/c.service", swap=12)), 2)
    assert table.take() == ((), 0)


def test_a_table_of_a_choice_that_came_to_nothing_is_not_the_next_ones() -> None:
    lines = (
        "Considered 1 cgroups for killing, top candidates were:",
        "\tPath: /a.scope",
        "Failed to kill any cgroup(s) under / based on swap: No such device",
        "Killed /b.scope due to memory used (1) / total (2) and swap used (3) / total (4) being more than 90.00%",
    )
    log = "".join(f"Jun 20 12:00:00 h systemd-oomd[9]: {line}\n" for line in lines)
    (kill,) = (event for event in read_events([log.encode()]) if isinstance(event, UserspaceKill))
    assert kill.weighed == ()


@given(st.lists(st.one_of(st.text(), st.sampled_from(("Considered 9 cgroups for killing", "Path: /x", "Pgscan: 5")))))
def test_any_lines_at_all(lines: list[str]) -> None:
    table = OomdTable()
    for line in lines:
        table.feed(line)
    rows, considered = table.take()
    assert len(rows) <= 64
    assert considered >= 0
