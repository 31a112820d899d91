"""What ranking 3000 processes costs, beside the least that any ranking must do in Python: add up, sort, make a tuple of each.

Run with `installers/test.sh -m bench tests/benchmarks`.
"""

import random
from collections.abc import Callable

import pytest

from guardian.kernel.process import Process, ProcessKey, ProcessMemory
from guardian.model.domain import OomDomain
from guardian.model.era import Era
from guardian.model.victim import rank_victims

pytestmark = pytest.mark.bench

MOST_TIMES, ROUNDS = 9.0, 15
WORLD = OomDomain("global", 6_171_024, 4096)


def crowd_of(count: int) -> list[Process]:
    chance = random.Random(1)
    return [
        Process(
            ProcessKey(pid, pid),
            "p",
            1,
            "S",
            0,
            4,
            uid=1000,
            oom_score_adj=chance.choice((0, 0, 200)),
            oom_score=700,
            cgroup="/a",
            memory=ProcessMemory(*(chance.randrange(1 << 16) << 12 for _ in range(5))),
        )
        for pid in range(2, count + 2)
    ]


def least(processes: list[Process]) -> list[tuple[int, Process]]:
    """Points and order, and nothing else."""
    return sorted(
        ((-(sum(process.memory or ()) >> 12) - (process.oom_score_adj or 0) * 6171, process) for process in processes),
        key=lambda pair: pair[0],
    )


def test_ranking_of_three_thousand(
    cpu: Callable[[Callable[[], object]], float],
    interleaved: Callable[[dict[str, Callable[[], float]], int], dict[str, float]],
    say: Callable[[str], None],
) -> None:
    processes = crowd_of(3000)
    order = [process.key for _, process in least(processes)]
    assert [victim.process.key for victim in rank_victims(processes, WORLD, Era.E8)][:10] == order[:10]
    taken = interleaved(
        {"least": lambda: cpu(lambda: least(processes)), "ranking": lambda: cpu(lambda: rank_victims(processes, WORLD, Era.E8))},
        ROUNDS,
    )
    times = taken["ranking"] / taken["least"]
    say(f"ranking 3000: {taken['ranking'] * 1000:.1f} ms, {times:.1f} × the least ({taken['least'] * 1000:.1f} ms)")
    assert times <= MOST_TIMES
