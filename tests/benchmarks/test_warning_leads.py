"""How long before the end each rule warns, and how long it warns in vain: ours beside the plain rules of other tools.

All rules see the same samples: our own recordings, and those beside the checkout where they are.  A bad end is a kill by the
kernel, a panic, or a desktop that stood still; a course that ended well must stay quiet.
"""

import json
import os
import statistics
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from guardian.cli.replay_judge import EngineJudge
from guardian.sampling.replay import Recording
from guardian.sampling.replay_verdict import replay_verdict, replayed_samples, spans
from guardian.sampling.sample import Sample

HERE = Path(__file__).parents[1] / "recordings"
SHARED = Path(os.environ.get("OOM_GUARDIAN_SHARED") or Path(__file__).parents[3] / "shared")
GAP = 2.0

Span = tuple[float, float]


class Case(NamedTuple):
    """One recording: when it ended badly (None: it ended well, or not in a way that counts), and each rule's spans of warning."""

    name: str
    end: float | None
    counts: bool
    length: float
    alarms: dict[str, list[Span]]


def _available(sample: Sample) -> float:
    return (sample.memory.mem_available or 0) / sample.memory.mem_total


def _swap(sample: Sample) -> float:
    return (sample.memory.swap_free or 0) / sample.memory.swap_total if sample.memory.swap_total else 0.0


def _some(sample: Sample) -> float:
    return sample.pressure.some.avg10 if sample.pressure else 0.0


def _full(sample: Sample) -> float:
    return sample.pressure.full.avg10 if sample.pressure and sample.pressure.full else 0.0


PLAIN: dict[str, Callable[[Sample], bool]] = {
    "earlyoom": lambda sample: _available(sample) <= 0.10 and _swap(sample) <= 0.10,
    "psi-notify": lambda sample: _some(sample) > 0.10,
    "systemd-oomd": lambda sample: (
        _full(sample) > 0.60 or (bool(sample.memory.swap_total) and _available(sample) < 0.10 and _swap(sample) < 0.10)
    ),
}
HELD = {"systemd-oomd": 30.0}


def _spans(times: list[tuple[float, bool]], held: float) -> list[Span]:
    found: list[Span] = []
    since: float | None = None
    for at, on in times:
        since = (at if since is None else since) if on else None
        if since is None or at - since < held:
            continue
        if found and at - found[-1][1] <= GAP:
            found[-1] = (found[-1][0], at)
        else:
            found.append((at, at))
    return found


def _case(folder: Path) -> Case:
    recording = Recording(folder)
    result = json.loads((folder / "result.json").read_text())
    rows = [
        (sample.monotonic - recording.first, {name: rule(sample) for name, rule in PLAIN.items()})
        for _, sample in replayed_samples(recording)
    ]
    verdict = replay_verdict(Recording(folder), EngineJudge())
    alarms = {name: _spans([(at, on[name]) for at, on in rows], HELD.get(name, 0.0)) for name in PLAIN}
    alarms["ours"] = spans(verdict.alerts, "warning")
    kills = [kill.t for kill, told in zip(verdict.kills, result["kills"], strict=False) if not told.get("memcg")]
    ends = [*kills[:1], *(span[0] for span in (result.get("stuck") or [])[:1])]
    if result.get("outcome") == "sluggish":
        ends.append(result["sluggish"][0][0])
    if result.get("panic"):
        ends.append(verdict.duration)
    well = result.get("outcome", "none") == "none" and not result["kills"]
    return Case(folder.name, min(ends, default=None), bool(ends) or well, verdict.duration, alarms)


def _folders() -> Iterator[Path]:
    for top in (HERE, SHARED / "recordings", SHARED / "courses"):
        if top.is_dir():
            yield from sorted(path for path in top.iterdir() if (path / "samples.jsonl.gz").exists())


def _lead(case: Case, rule: str) -> float:
    assert case.end is not None
    for begin, until in case.alarms[rule]:
        if begin < case.end <= until + GAP:
            return case.end - begin
    return 0.0


@pytest.mark.bench
def test_we_warn_earlier_and_cry_less() -> None:
    cases = [case for case in map(_case, _folders()) if case.counts]
    bad, well = [case for case in cases if case.end is not None], [case for case in cases if case.end is None]
    lines, median, false = [], {}, {}
    for rule in ("ours", *PLAIN):
        leads = [_lead(case, rule) for case in bad]
        false[rule] = sum(min(end, case.length) - begin for case in well for begin, end in case.alarms[rule])
        median[rule] = statistics.median(leads)
        warned = sum(lead > 0 for lead in leads)
        lines.append(
            f"{rule:14} warned before {warned:3} of {len(bad)} bad ends, median lead {median[rule]:5.2f} s; "
            f"{false[rule]:6.1f} s of false alarm in {len(well)} calm ones"
        )
    sys.stderr.write("\n" + "\n".join(lines) + "\n")
    assert all(_lead(case, "ours") > 0 for case in bad)
    assert median["ours"] >= 1.5 * median["earlyoom"]
    assert false["ours"] <= max(false["earlyoom"] / 4, 2.0 * len(well))
