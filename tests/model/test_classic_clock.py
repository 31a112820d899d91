"""The first kernel's clock over failures: five questions in their order, asked by failures alone."""

import itertools

from guardian.kernel.vmstat import VmStat
from guardian.model.classic_clock import FRUITLESS_RECLAIM, STALLED_WITHOUT_SWAP, ClassicClock, checks, failure_seen, wind


def fail(times: list[float], swap_free: int = 0, clock: ClassicClock | None = None) -> list[float]:
    """When the classic kernel would have killed, given a failure at each of these seconds."""
    clock, kills = clock or ClassicClock(), []
    for at in times:
        clock, killed = wind(clock, at, swap_free, failed=True, killed=False)
        kills += [at] if killed else []
    return kills


def test_ten_failures_after_the_first_second_kill() -> None:
    # The first begins the streak, those within its first second do not count, then ten more do.
    assert fail([0.5 * i for i in range(30)])[0] == 5.5


def test_free_swap_answers_before_all_else() -> None:
    assert fail([0.5 * i for i in range(60)], swap_free=4096) == []


def test_a_quiet_gap_begins_a_new_streak() -> None:
    assert fail([5.5 * i for i in range(40)]) == []


def test_no_kill_within_five_seconds_of_another() -> None:
    kills = fail([0.2 * i for i in range(200)])
    assert len(kills) > 1
    assert all(later - earlier >= 5 for earlier, later in itertools.pairwise(kills))


def test_what_counts_as_a_failure() -> None:
    before = VmStat({"pgscan_direct": 0, "pgsteal_direct": 0})
    assert failure_seen(before, VmStat({"pgscan_direct": 1000, "pgsteal_direct": 5}), None, 0.0) == (FRUITLESS_RECLAIM,)
    assert failure_seen(before, VmStat({"pgscan_direct": 1000, "pgsteal_direct": 900}), None, 0.0) is None
    assert failure_seen(before, before, 0, 0.5) == (STALLED_WITHOUT_SWAP,)
    assert failure_seen(before, before, 1 << 30, 0.5) is None


def test_five_questions_are_told_at_any_time() -> None:
    told = checks(ClassicClock(), 100.0, 0)
    assert [one.check for one in told] == ["free swap", "last failure", "streak", "failures", "last kill"]
    assert [one.holds for one in told] == [True, False, False, False, True]
