"""From events of logs to kills: who caused it, what came free, what held the memory."""

from pathlib import Path

from guardian.kernel.oom_log import read_events
from guardian.kernel.userspace_kill import UnitNotice, UserspaceKill
from guardian.model.forensics import Forensics, kill_of_notice, kill_of_userspace
from guardian.model.history import Kill

MIB = 1 << 20


def kills_of(path: Path) -> list[Kill]:
    judge = Forensics()
    return [kill for event in read_events([path.read_bytes()]) if (kill := judge.judge(event)) is not None]


def test_tmpfs_is_named_where_it_held_the_memory(shared: Path) -> None:
    first, *rest = kills_of(shared / "recordings" / "tmpfs-hog@trixie" / "dmesg.txt")
    assert first.cause is not None
    assert first.cause.kind == "shared"
    assert 190 * MIB < first.cause.size < 220 * MIB
    assert first.culprit is None
    assert first.composition is not None
    assert first.composition.shared == first.cause.size
    assert sum(first.composition[1:5] + first.composition[6:]) == first.composition.total
    assert len(rest) == 2


def test_programs_are_the_cause_where_they_held_it(shared: Path) -> None:
    (kill,) = kills_of(shared / "recordings" / "anon-hog@bookworm" / "dmesg.txt")[:1]
    assert kill.cause is None
    assert kill.culprit is not None
    assert kill.culprit.pid == kill.victim.pid
    assert kill.freed is not None
    assert kill.victim.memory is not None
    assert 0 < kill.freed <= kill.victim.memory + 4 * MIB


def test_a_group_is_one_kill_of_many(shared: Path) -> None:
    (kill,) = kills_of(shared / "recordings" / "memcg-group@trixie" / "dmesg.txt")
    assert (kill.group, kill.processes, kill.constraint, kill.memcg) == (True, 3, "memcg", "/app/inner")
    assert [victim.name for victim in kill.victims] == ["renderer", "ui", "helper"]
    assert kill.composition is not None
    assert kill.composition.total == 80 * MIB


def test_the_largest_is_the_culprit_when_another_was_taken(shared: Path) -> None:
    (path,) = (shared / "oom-logs").glob("18-*.log")
    kill = kills_of(path)[0]
    assert kill.victim.name == "dbus-daemon"
    assert kill.culprit is not None
    assert (kill.culprit.pid, kill.culprit.name) == (1769, "random")


def test_kills_that_did_not_work_are_none() -> None:
    assert kill_of_userspace(UserspaceKill("earlyoom", 7, "x", ended=False)) is None
    told = kill_of_userspace(UserspaceKill("earlyoom", 7, "x", signal="TERM", rss=5 * MIB, uid=1000, ended=True))
    assert told is not None
    assert (told.killer, told.victim.pid, told.victim.uid, told.freed, told.signal) == ("earlyoom", 7, 1000, 5 * MIB, "TERM")


def test_a_group_that_oomd_ended_counts_all_it_named() -> None:
    told = kill_of_userspace(UserspaceKill("systemd-oomd", None, "a.scope", "/u/a.scope", pids=(5, 6, 7)))
    assert told is not None
    assert (told.processes, [victim.pid for victim in told.victims], told.group) == (3, [5, 6, 7], True)


def test_a_notice_alone_tells_who_did_it() -> None:
    kill = kill_of_notice(UnitNotice("kernel", "x.service", None, 5.0, 100.0))
    assert (kill.killer, kill.victim.name, kill.sources, kill.rescored.agrees) == ("kernel", "x.service", ("systemd",), None)
