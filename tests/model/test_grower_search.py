"""Who grows, found in kept sizes: across restarts, sleep and opened tabs; with what is usual."""

from guardian.model.grower_search import search_growers
from guardian.model.kept_sizes import Held, KeptRow, KeptSizes, Subject

MIB = 1 << 20
START = 1_790_000_000.0
LEAKY = Subject("leaky", "leaky", START - 500, "b", 7, 70)
RUN = Subject("leaky", "leaky", START - 500, "b")


def kept(
    heights: dict[int, list[tuple[float, int] | None]],
    subjects: dict[int, Subject],
    ended: dict[int, float] | None = None,
    apart: int = 60,
    sleep_at: int | None = None,
) -> KeptSizes:
    """A row for each place in the lists: (MiB, processes) by subject, None where it is not there."""
    rows = []
    for at in range(max(map(len, heights.values()))):
        slept = 8 * 3600 if sleep_at is not None and at >= sleep_at else 0
        held = {
            number: Held(int(row[0] * MIB), row[1])
            for number, rows_of in heights.items()
            if at < len(rows_of) and (row := rows_of[at]) is not None
        }
        rows.append(KeptRow(START + at * apart + slept, apart, held))
    return KeptSizes(tuple(rows), subjects, ended or {})


def rising(rate: float, count: int, base: float = 100, processes: int = 1) -> list[tuple[float, int] | None]:
    return [(base + rate * at, processes) for at in range(count)]


def test_a_process_stands_for_its_application() -> None:
    found = search_growers(kept({1: rising(2, 40), 2: rising(2, 40, 110, 3)}, {1: LEAKY, 2: RUN}))
    (one,) = found.growers
    assert (one.subject, one.held) == (LEAKY, Held(178 * MIB))
    assert (found.looked_at, found.newest) == (2, START + 39 * 60)
    assert one.since == START + 39 * 60 - one.growth.seconds
    assert one.course[-1] == (START + 39 * 60, 178 * MIB)


def test_growth_spread_over_an_application_is_told_of_it() -> None:
    one, other = LEAKY, LEAKY._replace(pid=8, start_ticks=80)
    halves = {1: rising(1, 40), 2: rising(1, 40), 3: rising(2, 40, 200, 2)}
    found = search_growers(kept(halves, {1: one, 2: other, 3: RUN}))
    # Each of two has half of it: neither is the one cause.
    assert found.growers[0].subject == RUN
    assert found.growers[0].held.processes == 2


def test_more_processes_are_growth_only_when_it_goes_on_for_an_hour() -> None:
    def opened(count: int) -> KeptSizes:
        return kept({3: [(100 + 20 * at, 2 + at) for at in range(count)]}, {3: RUN})

    assert search_growers(opened(40)).growers == ()
    (one,) = search_growers(opened(70)).growers
    assert one.more > 40


def test_a_night_of_sleep_makes_growth_no_slower() -> None:
    (one,) = search_growers(kept({1: rising(2, 60)}, {1: LEAKY}, sleep_at=30)).growers
    assert one.growth.rate * 60 / MIB > 1.8
    assert one.since < START + 30 * 60


def test_a_restart_begins_a_new_course_and_the_earlier_run_is_told() -> None:
    former, gone = RUN._replace(began=START - 100), START + 100 * 60
    heights = {1: rising(2, 100), 2: [*([None] * 100), *rising(3, 40)]}
    (one,) = search_growers(kept(heights, {1: former, 2: RUN._replace(began=gone)}, {1: gone})).growers
    assert one.growth.rate * 60 / MIB > 2.8
    (run,) = one.runs
    assert (run.grew, run.ended, run.most) == (True, gone, 298 * MIB)


def test_what_is_usual_comes_from_the_time_before_and_from_other_runs() -> None:
    heights: list[tuple[float, int] | None] = [(400 + at % 3, 4) for at in range(300)]
    heights += [(402 + 3 * at, 4) for at in range(40)]
    (one,) = search_growers(kept({3: heights}, {3: RUN})).growers
    assert one.usual is not None
    assert (one.usual.low // MIB, one.usual.middle // MIB, one.usual.high // MIB) == (400, 401, 402)
    assert search_growers(kept({3: rising(2, 60)}, {3: RUN})).growers[0].usual is None


def test_nothing_kept_nothing_found() -> None:
    found = search_growers(KeptSizes((), {}, {}))
    assert (found.growers, found.looked_at, found.newest) == ((), 0, None)
    assert not found.fresh(START)
    # Numbers without a subject, as of a store that was thinned between two reads.
    assert search_growers(kept({1: rising(2, 40)}, {})).growers == ()
