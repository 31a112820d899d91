"""Courses of memory as programs have them, by seed: what leaks, and what only looks like it.

Each is a list of (seconds, bytes), one a minute: the lowest of the six looks that the agent takes in it.
"""

import math
import random
from collections.abc import Callable, Sequence

MIB = 1 << 20
LOOK = 10
Course = list[tuple[float, int]]
Level = Callable[[float], float]


def seen(level: Level, seconds: float, chance: random.Random, noise: float = 0.0) -> Course:
    """What the agent notes of a level in MiB, with noise of so many MiB around it."""
    course = []
    for minute in range(int(seconds // 60)):
        looks = (level(minute * 60 + look) + chance.gauss(0, noise) for look in range(0, 60, LOOK))
        course.append((minute * 60.0 + 50, max(0, int(min(looks) * MIB))))
    return course


def _base(chance: random.Random) -> float:
    return math.exp(chance.uniform(math.log(20), math.log(3000)))


def _long(chance: random.Random, low: float, high: float) -> float:
    return math.exp(chance.uniform(math.log(low), math.log(high)))


def _noise(chance: random.Random, base: float) -> float:
    """Noise of a program at rest: none, or up to half a MiB and a half per mille of its size."""
    return chance.choice((0.0, chance.uniform(0.02, 0.5) + chance.uniform(0, 0.0005) * base))


def start_up(seed: int) -> Course:
    """Grows for up to 12 minutes after its start, evenly, ever slower or in steps, then rests."""
    chance = random.Random(seed)
    base, lasts, shape = _base(chance), 60 * _long(chance, 0.3, 12), chance.choice(("even", "slower", "steps"))
    steps = sorted(chance.uniform(0, lasts) for _step in range(chance.randint(3, 20)))

    def level(at: float) -> float:
        share = min(1.0, at / lasts)
        if shape == "slower":
            share = 1 - (1 - share) ** 2
        elif shape == "steps":
            share = sum(at >= step for step in steps) / len(steps)
        return base * (0.1 + 0.9 * share)

    return seen(level, 4 * 3600, chance, _noise(chance, base))


def saw_tooth(seed: int) -> Course:
    """A heap that fills and is collected, in periods of ten seconds to a quarter of an hour; it may find its level first."""
    chance = random.Random(seed)
    base, period, swing = _base(chance), _long(chance, 10, 900), _long(chance, 10, 800)
    settles = chance.choice((0.0, 60 * _long(chance, 1, 10)))
    drops = _drops(chance, period, 5 * 3600)
    kept = [chance.uniform(0, 0.08) for _drop in drops]

    def level(now: float) -> float:
        index = _last(drops, now)
        grown = min(1.0, (now - drops[index]) / period)
        found = 1.0 if not settles else min(1.0, 0.3 + 0.7 * now / settles)
        return base * found + swing * (kept[index] + grown)

    return seen(level, 4 * 3600, chance, _noise(chance, base))


def cache(seed: int) -> Course:
    """Fills ever slower towards its size, with a time constant of one minute to a quarter of an hour, or evenly in 12 minutes."""
    chance = random.Random(seed)
    if chance.random() < 0.3:
        return _filling(chance, 60 * chance.uniform(2, 12), evenly=True)
    return _filling(chance, 60 * _long(chance, 1, 15))


def slow_cache(seed: int) -> Course:
    """Fills over hours: with a time constant of 15 to 90 minutes.  At first nothing tells it from growth that goes on."""
    chance = random.Random(seed)
    return _filling(chance, 60 * _long(chance, 15, 90))


def _filling(chance: random.Random, fills: float, *, evenly: bool = False) -> Course:
    base, size, begins = _base(chance), _long(chance, 20, 2000), 60 * chance.uniform(0, 40)

    def level(at: float) -> float:
        since = max(0.0, at - begins)
        share = min(1.0, since / fills) if evenly else 1 - math.exp(-since / fills)
        return base + size * share

    return seen(level, 8 * 3600, chance, _noise(chance, base))


def browser(seed: int) -> Course:
    """Opens tabs for some minutes, some of which are closed again, and idles; two or three times over."""
    chance = random.Random(seed)
    base, events = _base(chance), []
    at = chance.uniform(60, 1200)
    for _session in range(chance.randint(1, 3)):
        end, apart = at + 60 * chance.uniform(2, 25), chance.uniform(20, 180)
        while at < end:
            size = _long(chance, 15, 250)
            events.append((at, size, chance.uniform(1, 30)))
            if chance.random() < 0.25:
                events.append((at + chance.uniform(30, 1800), -size * chance.uniform(0.6, 1.0), 1.0))
            at += chance.expovariate(1 / apart)
        at = end + 60 * chance.uniform(20, 90)

    def level(now: float) -> float:
        return base + sum(size * min(1.0, max(0.0, now - at) / takes) for at, size, takes in events)

    return seen(level, 5 * 3600, chance, _noise(chance, base) + 0.3)


def at_work(seed: int) -> Course:
    """Serves a load that comes and goes around a level: no trend, but a memory of where it was."""
    chance = random.Random(seed)
    base, swing, pull = _base(chance), _long(chance, 2, 300), chance.uniform(0.002, 0.05)
    values, now = [], 0.0
    for _look in range(int(6 * 3600 / LOOK)):
        now += -pull * now + swing * math.sqrt(2 * pull) * chance.gauss(0, 1)
        values.append(max(1.0, base + swing + now))
    return seen(lambda at: values[int(at // LOOK)], 6 * 3600, chance)


def leak(seed: int, rate: float = 1.0) -> Course:
    """Loses `rate` MiB a minute from its first minutes on, in pieces of up to a MiB, under noise or a small saw-tooth."""
    chance = random.Random(seed)
    base, starts = _base(chance), chance.uniform(0, 120)
    piece, tooth, period = _long(chance, 0.004, 1.0), chance.choice((0.0, chance.uniform(1, 8))), chance.uniform(7, 60)
    drops = _drops(chance, period, 3700)

    def level(at: float) -> float:
        lost = max(0.0, at - starts) / 60 * rate
        begun = min(1.0, at / starts) if starts else 1.0
        return base * begun + math.floor(lost / piece) * piece + tooth * (at - drops[_last(drops, at)]) / period

    return seen(level, 3600, chance, min(0.6, _noise(chance, base)))


def _drops(chance: random.Random, period: float, seconds: float) -> list[float]:
    """When a saw-tooth of that period falls, no two periods alike."""
    drops = [0.0]
    while drops[-1] < seconds:
        drops.append(drops[-1] + period * chance.uniform(0.7, 1.3))
    return drops


def _last(drops: Sequence[float], now: float) -> int:
    low, high = 0, len(drops) - 1
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if drops[middle] <= now else (low, middle - 1)
    return low


HARMLESS: dict[str, Callable[[int], Course]] = {
    "start-up": start_up,
    "saw-tooth": saw_tooth,
    "cache": cache,
    "browser": browser,
    "at work": at_work,
}
