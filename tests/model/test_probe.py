"""The era found from the kernel's own scores, and what a release says without them."""

import math
from collections.abc import Callable
from fractions import Fraction

import pytest

from guardian.kernel.process import Process
from guardian.kernel.zoneinfo import Zone
from guardian.model.domain import OomDomain
from guardian.model.era import Era, Verification
from guardian.model.probe import era_of_release, probe_era, verified
from tests.model.conftest import PAGE, process_of

T = 6_171_024
WORLD = OomDomain("global", T, PAGE)
ROOT = 1 << 21


@pytest.mark.parametrize(
    "release,era",
    [
        ("2.4.37", Era.E1),
        ("2.6.0", Era.E2),
        ("2.6.9-89.EL", Era.E2),
        ("2.6.18-419.el5", Era.E2),
        ("2.6.32-754.35.1.el6.x86_64", Era.E3),
        ("2.6.32-71-server", Era.E2),
        ("2.6.36", Era.E3),
        ("3.4.113", Era.E3),
        ("3.5.0", Era.E4),
        ("3.10.0-1160.el7.x86_64", Era.E4),
        ("3.13.0-24-generic", Era.E4),
        ("3.14.0", Era.E5),
        ("3.16.0-6-amd64", Era.E5),
        ("4.4.0-210-generic", Era.E5),
        ("4.16.18", Era.E5),
        ("4.17.0", Era.E6),
        ("4.18.0-553.el8_10.x86_64", Era.E6),
        ("4.19.0-27-amd64", Era.E6),
        ("5.1.0", Era.E6),
        ("5.2.0", Era.E7),
        ("5.3.0-76-generic", Era.E7),
        ("5.4.143", Era.E7),
        ("5.4.144", Era.E8),
        ("5.4.0-216-generic", Era.E8),
        ("5.4.0-42-generic", Era.E7),
        ("5.8.18", Era.E7),
        ("5.9.0", Era.E8),
        ("5.10.0-32-amd64", Era.E8),
        ("6.18.44-fc-v595", Era.E8),
        ("7.0.0", Era.E9),
        ("7.0.0-44-generic", Era.E9),
        ("7.2.13", Era.E9),
        ("strange", Era.E9),
    ],
)
def test_what_a_release_speaks_for(release: str, era: Era) -> None:
    assert era_of_release(release) is era


# The formulas once more, from the facts and with exact fractions.
def printed(process: Process, scale: str) -> int:
    assert process.memory is not None
    adj, root = process.oom_score_adj or 0, bool((process.cap_effective or 0) & ROOT)
    used = sum(process.memory) // PAGE
    if adj == -1000 or process.pid == 1:
        return 0
    if scale == "E3":
        return min(max(used * 1000 // T - 30 * root + adj, 1), 1000)
    if scale == "E4":
        return max(used + (adj - 30 * root) * (T // 1000), 1) * 1000 // T
    if scale == "E5":
        return max(used - used * 3 // 100 * root + adj * (T // 1000), 1) * 1000 // T
    if scale == "E6":
        return max(used + adj * (T // 1000), 1) * 1000 // T
    share = math.trunc(Fraction((used + adj * (T // 1000)) * 1000, T))
    return math.trunc(Fraction((1000 + share) * 2, 3))


def crowd(scale: str) -> list[Process]:
    processes = [
        process_of(pid, anon=pid * 7919 % 400_000, file=pid % 997, tables=pid % 31, adj=(pid * 37 % 1300) - 300)
        for pid in range(1, 300)
    ]
    mixed = [process._replace(cap_effective=ROOT if process.pid % 3 else 0) for process in processes]
    mixed += [process_of(500, 90, adj=-1000)]
    return [process._replace(oom_score=printed(process, scale)) for process in mixed]


@pytest.mark.parametrize(
    "scale,release,era",
    [
        ("E3", "3.2.0", Era.E3),
        ("E4", "3.10.0-1160.el7.x86_64", Era.E4),
        ("E5", "3.10.0-1160.el7.x86_64", Era.E5),
        ("E5", "4.4.0", Era.E5),
        ("E6", "4.18.0-553.el8_10.x86_64", Era.E6),
        ("E6", "5.3.0", Era.E7),
        ("E8", "4.18.0-999.el8", Era.E8),
        ("E8", "5.4.0-42-generic", Era.E8),
        ("E8", "6.18.44", Era.E8),
        ("E8", "7.2.0", Era.E9),
        ("E6", "6.1.0", Era.E7),
    ],
)
def test_the_scores_win_over_the_release(scale: str, release: str, era: Era) -> None:
    processes = crowd(scale)
    assert probe_era(processes, WORLD, release) == (era, Verification(len(processes), len(processes)))


def test_a_counter_of_70_tells_it_from_59() -> None:
    zone = Zone(0, "Normal", 1, 1, 1, 1, 1, (), free_highatomic=0)
    assert probe_era(crowd("E8"), WORLD, "6.18.44", [zone])[0] is Era.E9
    assert probe_era(crowd("E8"), WORLD, "6.18.44", [zone._replace(free_highatomic=None)])[0] is Era.E8


def moving(process: Process) -> Process:
    return process._replace(oom_score=(process.oom_score or 0) + 1)


def test_what_cannot_testify_is_not_counted() -> None:
    good = crowd("E8")[:50]
    mute: list[Callable[[Process], Process]] = [
        lambda one: one._replace(memory=None),
        lambda one: one._replace(oom_score=None),
        lambda one: one._replace(oom_score_adj=None),
        lambda one: one._replace(flags=0x200000),
        lambda one: one._replace(flags=0x4),
        lambda one: one._replace(kill_pending=True),
    ]
    parent = good[10]._replace(state="D")
    in_vfork = parent._replace(key=parent.key._replace(pid=900), ppid=parent.pid, oom_score=0)
    good[10] = parent
    processes = [*good, *[change(good[20]) for change in mute], moving(good[30]), in_vfork]
    assert probe_era(processes, WORLD, "6.1.0") == (Era.E8, Verification(51, 50))


def test_without_witnesses_the_release_decides() -> None:
    assert probe_era([], WORLD, "4.19.0") == (Era.E6, Verification(0, 0))
    assert probe_era(crowd("E8"), WORLD, "2.4.20") == (Era.E1, Verification(0, 0))


@pytest.mark.parametrize("checked,exact,proved", [(0, 0, False), (100, 99, True), (100, 98, False), (3093, 3092, True)])
def test_99_of_100_prove_an_era(checked: int, exact: int, proved: bool) -> None:
    assert verified(Verification(checked, exact)) is proved
