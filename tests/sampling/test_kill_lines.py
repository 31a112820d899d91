"""Kills as kernels of many years tell of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.sampling.kill_lines import clock_offset, parse_kill_lines

REPORT = """
[   10.000000] {asker} invoked oom-killer: gfp_mask=0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP), order=0, oom_score_adj=0
[   10.100000] oom-kill:constraint={constraint},nodemask=(null),cpuset=/,mems_allowed=0{scope},task={name},pid={pid},uid=0
[   10.200000] {prefix}: Killed process {pid} ({name}) total-vm:4kB, anon-rss:1kB, UID:0 pgtables:4kB oom_score_adj:0
"""


def report(**fields: object) -> list[str]:
    known: dict[str, object] = {
        "asker": "hog", "constraint": "CONSTRAINT_NONE", "scope": ",global_oom,task_memcg=/", "name": "hog", "pid": 7,
        "prefix": "Out of memory",
    }  # fmt: skip
    return REPORT.format(**(known | fields)).split("\n")


def test_a_global_kill() -> None:
    (kill,) = parse_kill_lines(report())
    assert (kill.invoked, kill.time, kill.pid, kill.name) == (10.0, 10.2, 7, "hog")
    assert (kill.constraint, kill.memcg, kill.mems, kill.reported, kill.group, kill.asker) == (
        "global",
        None,
        None,
        True,
        False,
        False,
    )


def test_a_kill_inside_a_cgroup_names_the_limit() -> None:
    lines = report(
        constraint="CONSTRAINT_MEMCG", scope=",oom_memcg=/a,b/c,task_memcg=/a,b/c/d", prefix="Memory cgroup out of memory"
    )
    (kill,) = parse_kill_lines(lines)
    assert (kill.constraint, kill.memcg) == ("memcg", "/a,b/c")


def test_a_cpuset_names_its_nodes() -> None:
    lines = report(constraint="CONSTRAINT_CPUSET")
    lines = [line.replace("mems_allowed=0", "mems_allowed=0-1,3") for line in lines]
    (kill,) = parse_kill_lines(lines)
    assert (kill.constraint, kill.mems) == ("cpuset", "0-1,3")


@pytest.mark.parametrize("name", ["", "a) b (c", "x, task=y,pid=3", ") total-vm:1kB", "名字", "in]valid", "invoked oom-killer: "])
def test_hostile_names(name: str) -> None:
    (kill,) = parse_kill_lines(report(name=name, asker=name))
    assert kill.name == name
    assert kill.pid == 7


@pytest.mark.parametrize(
    "text",
    [
        "Killed process 1240 (Web Content) total-vm:2500000kB, anon-rss:1800000kB, file-rss:1200kB",
        "Out of memory: Killed process 1240 (Web Content) total-vm:1kB, anon-rss:1kB, file-rss:0kB, shmem-rss:0kB",
        "Killed process 1240 (Web Content), UID 1000, total-vm:1kB, anon-rss:1kB, file-rss:0kB, shmem-rss:0kB",
        "Out of memory (oom_kill_allocating_task): Killed process 1240 (Web Content) total-vm:1kB, anon-rss:1kB",
    ],
)
@pytest.mark.parametrize(
    "stamp", ["[   99.5] ", "[   99.500000] ", "[99.5][ T1240] ", "<3>[   99.500000] ", "[   99.500000][    C1] "]
)
def test_wordings_of_all_eras(text: str, stamp: str) -> None:
    (kill,) = parse_kill_lines([stamp + text])
    assert (kill.time, kill.pid, kill.name) == (99.5, 1240, "Web Content")
    assert kill.asker == ("allocating" in text)
    assert not kill.reported


def test_a_whole_cgroup_dies_each_of_it_once() -> None:
    scope = {"constraint": "CONSTRAINT_MEMCG", "scope": ",oom_memcg=/a,task_memcg=/a", "prefix": "Memory cgroup out of memory"}
    killed = "Memory cgroup out of memory: Killed process {} (x) total-vm:1kB, anon-rss:1kB"
    lines = [
        *report(**scope),
        "[   10.300000] Tasks in /a are going to be killed due to memory.oom.group set",
        *(f"[   10.400000] {killed.format(pid)}" for pid in (8, 9, 7)),
    ]
    kills = parse_kill_lines(lines)
    assert [(kill.pid, kill.group, kill.invoked, kill.memcg) for kill in kills] == [
        (7, False, 10.0, "/a"), (8, True, 10.0, "/a"), (9, True, 10.0, "/a")
    ]  # fmt: skip


def test_a_kill_without_report_long_after_a_group_is_its_own() -> None:
    lines = [
        *report(constraint="CONSTRAINT_MEMCG", scope=",oom_memcg=/a,task_memcg=/a", prefix="Memory cgroup out of memory"),
        "[   10.300000] Tasks in /a are going to be killed due to memory.oom.group set",
        "[   30.000000] Out of memory: Killed process 7 (x) total-vm:1kB, anon-rss:1kB",
    ]
    later = parse_kill_lines(lines)[1]
    assert (later.invoked, later.constraint, later.memcg, later.reported, later.group) == (30.0, "global", None, False, False)


def test_the_clock_is_set_by_the_recorders_mark() -> None:
    assert clock_offset("[    2.500000] oomlab: mark monotonic_ns=2511000000\n") == pytest.approx(0.011)
    assert clock_offset("[    2.500000] something else\n") is None


@given(st.lists(st.text()))
def test_other_lines_are_no_kills(lines: list[str]) -> None:
    assert parse_kill_lines(lines) == [] or any("illed process" in line for line in lines)
