"""Growth in long recordings of real desktops' loads, each second taken for a minute: leaks are told, all else is not."""

from pathlib import Path

import pytest

from guardian.model.steady_growth import steady_growth
from guardian.sampling.replay import Recording
from guardian.sampling.replay_verdict import replayed_samples

LEAST = 4 << 20
SECONDS_FOR_ONE = 60


def courses_of(folder: Path) -> dict[str, list[list[tuple[float, int]]]]:
    """The floors of each second, of each process by its name."""
    floors: dict[tuple[str, object], dict[int, int]] = {}
    for _at, sample in replayed_samples(Recording(folder)):
        for process in sample.processes or ():
            held = process.memory.rss_anon + process.memory.swap if process.memory is not None else 0
            if held >= LEAST:
                lows = floors.setdefault((process.name, process.key), {})
                second = int(sample.monotonic)
                lows[second] = min(held, lows.get(second, held))
    found: dict[str, list[list[tuple[float, int]]]] = {}
    for (name, _key), lows in floors.items():
        found.setdefault(name, []).append([(float(second * SECONDS_FOR_ONE), size) for second, size in sorted(lows.items())])
    return found


def told(folder: Path) -> set[str]:
    """Whose growth would have been told to somebody who asked in each of these minutes."""
    return {
        name
        for name, courses in courses_of(folder).items()
        for course in courses
        if any(steady_growth(course[:end]) is not None for end in range(8, len(course) + 1))
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    "course, growing",
    [
        ("leak-browsing~1@trixie", {"leak"}),
        ("suspend-gap~1@bookworm", {"leak"}),
        ("gc-sawtooth~1@bookworm", set()),
        ("tab-hoard~1@trixie", set()),
        ("startup-92~1@bookworm", set()),
    ],
)
def test_who_is_told_in_a_course(shared: Path, course: str, growing: set[str]) -> None:
    folder = shared / "courses" / course
    if not folder.exists():
        pytest.skip(f"{folder} is missing; OOM_GUARDIAN_SHARED may name the folder that has it")
    assert told(folder) == growing
