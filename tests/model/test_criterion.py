"""The kernel's own criterion from outside: what each zone could still give, and whether reclaim goes round in vain."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.kernel.vmstat import VmStat
from guardian.kernel.zoneinfo import Zone
from guardian.model.criterion import Reclaim, Slack, gave_up, reclaim_between, zone_slack

PAGE = 4096
DMA = Zone(0, "DMA32", free=5000, min=100, low=125, high=150, managed=50_000, protection=(0, 4000), active_file=10,
           inactive_file=20, active_anon=300, inactive_anon=600)  # fmt: skip
NORMAL = Zone(0, "Normal", free=2000, min=1500, low=1800, high=2100, managed=900_000, protection=(0, 0),
              active_file=40, inactive_file=60, active_anon=500_000, inactive_anon=300_000)  # fmt: skip


def test_without_free_swap_anonymous_memory_can_go_nowhere() -> None:
    # DMA32 keeps 4000 pages back from whoever may use Normal too: 5000 + 30 - 100 - 4000.  Normal: 2000 + 100 - 1500.
    assert zone_slack((DMA, NORMAL), PAGE, swap_free=False) == Slack(930 * PAGE, (930 + 600) * PAGE)


def test_with_free_swap_it_counts() -> None:
    assert zone_slack((DMA, NORMAL), PAGE, swap_free=True) == Slack((600 + 800_000) * PAGE, (600 + 800_000 + 930 + 900) * PAGE)


def test_a_zone_below_its_watermark_takes_nothing_from_the_others() -> None:
    low = NORMAL._replace(free=0, active_file=0, inactive_file=0)
    assert zone_slack((DMA, low), PAGE, swap_free=False) == Slack(930 * PAGE, 930 * PAGE)
    assert zone_slack((low,), PAGE, swap_free=False) == Slack(-1500 * PAGE, 0)


def test_what_is_kept_for_urgent_requests_is_nobody_elses() -> None:
    kept = NORMAL._replace(free_highatomic=500)
    assert zone_slack((kept,), PAGE, swap_free=False) == Slack(100 * PAGE, 100 * PAGE)


def test_with_a_movable_zone_the_reserve_is_the_one_for_it() -> None:
    dma, movable = DMA._replace(protection=(0, 4000, 4700)), NORMAL._replace(name="Movable", protection=(0, 0, 0))
    # Its place among the node's zones names the reserve: 5000 + 30 - 100 - 4700.
    zones = (dma, NORMAL._replace(protection=(0, 0, 0)), movable)
    assert zone_slack(zones, PAGE, swap_free=False) == Slack(600 * PAGE, (230 + 600 + 600) * PAGE)


def test_empty_zones_do_not_count_and_none_is_unknown() -> None:
    assert zone_slack((NORMAL._replace(managed=0), NORMAL._replace(managed=None)), PAGE, swap_free=True) is None
    assert zone_slack((), PAGE, swap_free=True) is None


@given(st.integers(0, 10**7), st.integers(0, 10**7))
def test_more_free_pages_are_never_less_slack(one: int, other: int) -> None:
    less, more = (
        zone_slack((DMA, NORMAL._replace(free=free)), PAGE, swap_free=False) for free in (min(one, other), max(one, other))
    )
    assert less is not None
    assert more is not None
    assert less.best <= more.best
    assert less.total <= more.total


@pytest.mark.parametrize(
    "told,found",
    [((None, None), None), ((True, None), True), ((True, False), False), ((True, True), True), ((False,), False)],
)
def test_kswapd_gave_up_only_where_it_did_so_everywhere(told: tuple[bool | None, ...], found: bool | None) -> None:
    assert gave_up([NORMAL._replace(node=node, unreclaimable=flag) for node, flag in enumerate(told)]) is found


def test_a_node_without_memory_has_no_say() -> None:
    assert gave_up([NORMAL._replace(unreclaimable=True), NORMAL._replace(managed=0, unreclaimable=False)]) is True


def test_reclaim_is_what_the_counters_rose_by() -> None:
    before = VmStat({"pgscan_direct": 100, "pgscan_kswapd": 100, "pgsteal_direct": 50, "pgsteal_kswapd": 50,
                     "allocstall_normal": 1, "workingset_refault_file": 10, "pswpin": 5})  # fmt: skip
    now = VmStat({"pgscan_direct": 400, "pgscan_kswapd": 800, "pgsteal_direct": 51, "pgsteal_kswapd": 59,
                  "allocstall_normal": 4, "workingset_refault_file": 30, "pswpin": 45})  # fmt: skip
    assert reclaim_between(before, now, 2.0) == Reclaim(1000, 10, 3, 10.0, 20.0)
    assert reclaim_between(before, now, 2.0).fruit == 0.01


def test_where_nothing_was_looked_at_there_is_no_fruit_and_time_may_stand_still() -> None:
    still = VmStat({"pgscan_direct": 1, "pswpin": 7})
    assert reclaim_between(still, still, 0.0) == Reclaim(0, 0, 0, 0.0, 0.0)
    assert reclaim_between(still, still, 0.0).fruit is None


def test_counters_that_went_back_count_as_nothing() -> None:
    assert reclaim_between(VmStat({"pgscan_direct": 9}), VmStat({"pgscan_direct": 3}), 1.0).scanned == 0
