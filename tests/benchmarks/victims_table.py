"""Prints each kill of all recordings beside what was predicted: `python tests/benchmarks/victims_table.py [FOLDER…]`.

Without arguments the recordings and courses of the shared folder are taken (OOM_GUARDIAN_SHARED, else `shared` beside the
checkout).  Exit 1 when a kill is neither predicted nor explained by a caveat.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from guardian.sampling.replay import NotARecording, Recording  # noqa: E402 - the checkout is not installed
from guardian.sampling.replay_verdict import ReplayKill, replay_verdict  # noqa: E402


def folders(arguments: list[str]) -> list[Path]:
    """The recordings to look at."""
    if arguments:
        return [Path(argument) for argument in arguments]
    shared = Path(os.environ.get("OOM_GUARDIAN_SHARED") or ROOT.parent / "shared")
    return sorted(path.parent for kind in ("recordings", "courses") for path in shared.glob(f"{kind}/*/samples.jsonl.gz"))


def row(kill: ReplayKill) -> str:
    """One line of the table."""
    first, *others = [*kill.predicted, *[None] * 2][:2]
    lead = first.badness - others[0].badness if first and others[0] else None
    said = f"{first.name}[{first.pid}] {first.badness}" if first else "nobody"
    mark = "hit " if kill.hit else "near" if kill.caveat else "MISS"
    victim = f"{kill.name}[{kill.pid}]"
    return f"  {kill.t:7.2f} s  {mark}  {victim:24} predicted {said:30} lead {lead!s:>7}  {kill.caveat or ''}".rstrip()


def hits(kills: list[ReplayKill]) -> int:
    """How many were first in what was predicted."""
    return sum(kill.hit for kill in kills)


def main(arguments: list[str]) -> int:
    """Print the table and its sums."""
    kills: list[ReplayKill] = []
    found = folders(arguments)
    for folder in found:
        try:
            verdict = replay_verdict(Recording(folder))
        except NotARecording as error:
            sys.stderr.write(f"{error}\n")
            return 2
        if verdict.kills:
            lines = [f"{folder.name}  (Linux {verdict.kernel}, {verdict.samples} samples)", *map(row, verdict.kills)]
            sys.stdout.write("\n".join(lines) + "\n")
        kills += verdict.kills
    plain = [kill for kill in kills if kill.caveat is None]
    open_ones = [kill for kill in kills if kill.caveat is not None]
    sys.stdout.write(
        f"\n{len(kills)} kills in {len(found)} recordings. Without a caveat: {hits(plain)} of {len(plain)} first. "
        f"With one: {hits(open_ones)} of {len(open_ones)} first all the same.\n"
    )
    return 0 if all(kill.hit for kill in plain) else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
