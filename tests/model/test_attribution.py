"""One kill that several sources tell of is one entry, with its true killer."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from guardian.kernel.oom_log import read_events
from guardian.model.attribution import attribute
from guardian.model.forensics import Forensics
from guardian.model.history import Kill, KillerName, Party, Rescored


def kill(
    killer: KillerName = "kernel",
    pid: int | None = 7,
    name: str = "hog",
    at: float | None = 1000.0,
    source: str | None = None,
    **more: object,
) -> Kill:
    sources = (source or ("kernel log" if killer == "kernel" else killer),)
    made = Kill(None, at, killer, (Party(pid, name),), sources=sources, signal="KILL" if killer == "kernel" else "TERM")
    return made._replace(**more)  # type: ignore[arg-type]


def told(path: Path) -> list[Kill]:
    judge = Forensics()
    return attribute(one for event in read_events([path.read_bytes()]) if (one := judge.judge(event)) is not None)


def test_kernel_and_earlyoom_claim_one_death(shared: Path) -> None:
    (path,) = (shared / "oom-logs").glob("97-u7-*.log")
    (one,) = told(path)
    assert one.killer == "kernel"
    assert one.sources == ("kernel log", "earlyoom")
    assert one.doubt is not None
    assert "earlyoom" in one.doubt


def test_oomd_and_the_notice_of_systemd_are_one(shared: Path) -> None:
    (path,) = (shared / "oom-logs").glob("97-u1-*.log")
    (one,) = told(path)
    assert (one.killer, one.processes, one.sources) == ("systemd-oomd", 12, ("systemd-oomd", "systemd"))
    assert one.reason is not None
    assert "51.07%" in one.reason


def test_the_same_pid_pasted_three_times_stays_three(shared: Path) -> None:
    (path,) = (shared / "oom-logs").glob("15-*.log")
    assert len(told(path)) == 3


def test_a_first_sigkill_wins_and_a_sigterm_does_not() -> None:
    (one,) = attribute([kill("earlyoom", at=999.0), kill(at=1000.0)])
    assert one.killer == "kernel"
    (one,) = attribute([kill("earlyoom", at=999.0, signal="KILL"), kill(at=1000.0)])
    assert one.killer == "earlyoom"
    (one,) = attribute([kill("earlyoom", at=1001.0, signal="KILL"), kill(at=1000.0)])
    assert one.killer == "kernel"


def test_who_watched_never_outranks_who_acted() -> None:
    watched = kill("kernel", at=1001.0, source="watched", doubt="seen from outside")
    early = kill("earlyoom", at=1000.0)
    (one,) = attribute([watched, early])
    assert (one.killer, set(one.sources)) == ("earlyoom", {"earlyoom", "watched"})


def test_far_apart_or_of_another_name_or_boot_are_two() -> None:
    assert len(attribute([kill(at=1000.0), kill("earlyoom", at=2000.0)])) == 2
    assert len(attribute([kill(), kill("earlyoom", name="other")])) == 2
    assert len(attribute([kill(boot="a", source="journal"), kill(boot="b")])) == 2


def test_one_line_read_from_two_places_is_one() -> None:
    rescored = Rescored(True, "first")
    journal = kill(seconds=5.0, boot="a", source="journal", rescored=rescored)
    ring = kill(seconds=5.0, boot="a")
    syslog = kill(at=1001.0, source="kern.log")
    (one,) = attribute([syslog, journal, ring])
    assert set(one.sources) == {"kern.log", "journal", "kernel log"}
    assert one.boot == "a"


def test_a_unit_inside_the_group_that_was_ended_is_the_same() -> None:
    notice = Kill(None, 1000.5, "kernel", (Party(None, "x.service", "x.service"),), sources=("systemd",))
    kernel = Kill(None, 1000.0, "kernel", (Party(7, "hog", "/system.slice/x.service"),), sources=("kernel log",))
    (one,) = attribute([kernel, notice])
    assert (one.victim.pid, one.victim.name, one.sources) == (7, "hog", ("kernel log", "systemd"))


def test_whether_it_was_enough() -> None:
    first, second, third = attribute([kill(pid=1, at=1000.0), kill(pid=2, at=1004.0), kill(pid=3, at=1100.0)])
    assert (first.enough, second.enough, third.enough) == (False, True, None)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(("kernel", "earlyoom", "systemd-oomd")),
            st.integers(1, 4),
            st.none() | st.floats(0, 200),
            st.booleans(),
        ),
        max_size=12,
    )
)
def test_nothing_is_invented_and_the_oldest_comes_first(rows: list[tuple[KillerName, int, float | None, bool]]) -> None:
    kills = [kill(killer, pid, at=at, source="journal" if journal else None) for killer, pid, at, journal in rows]
    once = attribute(kills)
    assert len(once) <= len(kills)
    assert {one.victim.pid for one in once} == {one.victim.pid for one in kills}
    assert all(one.killer in {other.killer for other in kills if other.victim.pid == one.victim.pid} for one in once)
    times = [one.time for one in once if one.time is not None]
    assert times == sorted(times)
