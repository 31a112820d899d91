"""`guardian drill`: a fire drill in a confined group, to prove on this machine that warning, ranking and protection work."""

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from guardian.adapters.confinement import CannotConfine, Confinement
from guardian.adapters.kernel_ring import read_kernel_ring
from guardian.cli.failure import CommandFailed
from guardian.cli.output import warn, write_json, write_line
from guardian.cli.parser import add_json
from guardian.engine import Engine
from guardian.kernel.cgroup import read_memory_cgroup
from guardian.kernel.errors import KernelFileError
from guardian.kernel.mounts import memory_hierarchy, read_mounts
from guardian.kernel.tree import KernelTree
from guardian.model.constraints import memcg_domain
from guardian.model.verdict import State
from guardian.model.victim import rank_victims
from guardian.protocol.i18n import N_, _
from guardian.protocol.quantities import MIB, format_bytes, format_seconds
from guardian.sampling.sample import Sample
from guardian.sampling.sampler import take_sample
from guardian.sampling.scoring import KernelScoring, read_release, scoring_of
from guardian.sampling.snapshot import Snapshot

DESCRIPTION = N_(
    "Runs two small programs in a memory group of their own with a limit: one grows, one is marked to be ended first. Shows\n"
    "whether the warning came in time, whether both ended in the predicted order, and what the history knows of it. Nothing\n"
    "outside of the group is touched; it takes less than a minute. How it goes is told on stderr meanwhile; Ctrl+C or SIGTERM\n"
    "ends it and takes the group away."
)
EXAMPLES = """
guardian drill
guardian drill --json
"""
LIMIT = 96 * MIB
_MOST_SECONDS = 50.0
_LOOK_SECONDS = 0.4
_TELL_SECONDS = 2.0
# Each waits in its group before it holds anything; the grower takes 2 MiB at a time.
_ENTER = "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); "
_MARKED = _ENTER + "open('/proc/self/oom_score_adj', 'w').write('1000'); held = b'1' * (8 << 20); time.sleep(120)"
_GROWER = _ENTER + "held = []\nwhile True: held.append(b'1' * (2 << 20)); time.sleep(0.5)"


class Proof(NamedTuple):
    """One thing that was to be shown: its name, whether it was (None: cannot be told here), and what was seen."""

    name: str
    shown: bool | None
    words: str


class _Source:
    """Exact looks at the machine for the judge: the drill must not wait for what is read in turns."""

    def __init__(self, tree: KernelTree) -> None:
        self._tree = tree
        self.kernel: KernelScoring = scoring_of(read_release(tree))

    def take(self, *, realtime: float, monotonic: float, table: bool = True) -> Sample:
        page = os.sysconf("SC_PAGE_SIZE")
        return take_sample(self._tree, realtime=realtime, monotonic=monotonic, page_size=page, table=table)

    def glance(self, *, realtime: float, monotonic: float) -> Sample:
        return self.take(realtime=realtime, monotonic=monotonic)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `guardian drill`."""
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Run the drill; exit code 1 where something was not as it should be."""
    try:
        with _ended_in_order(), Confinement(LIMIT) as group:
            proofs = _drill(group, quiet=args.json)
    except CannotConfine as error:
        raise CommandFailed(_("No drill: {reason}").format(reason=error)) from error
    failed = [proof.name for proof in proofs if proof.shown is False]
    if args.json:
        write_json({"proofs": [proof._asdict() for proof in proofs], "passed": not failed})
    else:
        for proof in proofs:
            mark = {True: _("works"), False: _("DOES NOT WORK"), None: _("cannot be told here")}[proof.shown]
            write_line(f"{_(proof.name)}: {mark}. {proof.words}")
    return 1 if failed else 0


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """SIGTERM ends the drill as Ctrl+C does: nothing of it stays behind."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _drill(group: Confinement, *, quiet: bool) -> list[Proof]:
    if not quiet:
        write_line(_("A group with a limit of {size} is made: {path}").format(size=format_bytes(LIMIT), path=group.path))
    marked = _start(_MARKED, group)
    grower = _start(_GROWER, group)
    try:
        seen = _watch(group, grower, marked)
    finally:
        for one in (marked, grower):
            one.kill()
            one.wait()
    return [_warned(seen), _ranked(seen, marked.pid, grower.pid), _spared(seen, marked.pid), _told(seen, group)]


def _start(code: str, group: Confinement) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-P", "-c", code, str(group.procs)]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class _Seen(NamedTuple):
    """What was seen, in seconds from the start, None where it never came; `order` of those who ended, `predicted` before."""

    warned: float | None
    critical: float | None
    first_end: float | None
    order: tuple[int, ...]
    predicted: tuple[int, ...]
    kills: int


def _watch(group: Confinement, grower: "subprocess.Popen[bytes]", marked: "subprocess.Popen[bytes]") -> _Seen:
    """Judge until the grower has ended."""
    engine = Engine(_Source(KernelTree()), time)
    begun = time.monotonic()
    told = 0.0
    warned = critical = first_end = None
    order: list[int] = []
    predicted: tuple[int, ...] = ()
    while time.monotonic() - begun < _MOST_SECONDS:
        verdict = engine.tick(woken=True)
        at = time.monotonic() - begun
        if verdict.group == group.path and verdict.state in (State.WARNING, State.CRITICAL):
            warned = _first(warned, at, _("warning"))
            if verdict.state is State.CRITICAL:
                critical = _first(critical, at, _("critical"))
        for one, word in ((marked, _("the marked program is ended")), (grower, _("the growing program is ended"))):
            if one.poll() is not None and one.pid not in order:
                order.append(one.pid)
                first_end = at if first_end is None else first_end
                _tell(at, word)
        if at - told >= _TELL_SECONDS and not order:
            told = at
            _tell(at, _("{held} of {limit} held").format(held=format_bytes(group.held), limit=format_bytes(LIMIT)))
        if grower.pid in order:
            break
        if not order and engine.snapshot is not None:
            predicted = _ranking(group, engine.snapshot) or predicted
        time.sleep(_LOOK_SECONDS)
    return _Seen(warned, critical, first_end, tuple(order), predicted, group.kills)


def _first(before: float | None, at: float, word: str) -> float:
    """When something came first; told then."""
    if before is None:
        _tell(at, word)
        return at
    return before


def _tell(at: float, words: str) -> None:
    """How it goes, for whoever waits."""
    warn(_("{seconds}: {what}").format(seconds=format_seconds(at), what=words))


def _ranking(group: Confinement, snapshot: Snapshot) -> tuple[int, ...]:
    """The pids of the group in the order in which its limit would end them."""
    tree = KernelTree()
    hierarchy = memory_hierarchy(read_mounts(tree))
    if hierarchy is None:
        return ()
    path = group.path.removeprefix(hierarchy.base.rstrip("/"))
    try:
        cgroup = read_memory_cgroup(tree, hierarchy.point, path, hierarchy.version)
    except KernelFileError:
        return ()
    if cgroup is None:
        return ()
    sample = snapshot.sample
    members = [one for one in sample.processes or () if one.cgroup == group.path]
    domain = memcg_domain(cgroup._replace(path=group.path), sample.memory, sample.page_size)
    return tuple(one.process.pid for one in rank_victims(members, domain, snapshot.era) if one.rank is not None)


def _warned(seen: _Seen) -> Proof:
    name = N_("Warning")
    if seen.first_end is None:
        return Proof(name, shown=False, words=_("Nobody was ended within {time}.").format(time=format_seconds(_MOST_SECONDS, 0)))
    if seen.warned is None or seen.warned >= seen.first_end:
        return Proof(name, shown=False, words=_("It did not come before the first program was ended."))
    lead = format_seconds(seen.first_end - seen.warned)
    return Proof(name, shown=True, words=_("It came {lead} before the first program was ended.").format(lead=lead))


def _ranked(seen: _Seen, marked: int, grower: int) -> Proof:
    name = N_("Ranking")
    right = seen.predicted[:2] == (marked, grower) and seen.order[:1] == seen.predicted[:1]
    words = _("Predicted: {predicted}. Ended: {ended}.").format(
        predicted=", ".join(map(str, seen.predicted)) or "—", ended=", ".join(map(str, seen.order)) or "—"
    )
    return Proof(name, shown=right, words=words)


def _spared(seen: _Seen, marked: int) -> Proof:
    first = bool(seen.order) and seen.order[0] == marked
    words = (
        _("The program marked with +1000 was ended first, though it held far less.") if first else _("It was not ended first.")
    )
    return Proof(N_("Protection"), shown=first, words=words)


def _told(seen: _Seen, group: Confinement) -> Proof:
    """What can be known of it afterwards: the group's own count, and the kernel log where it may be read."""
    name = N_("History")
    if not seen.kills:
        return Proof(name, shown=None if group.version == 1 else False, words=_("The group counts no ended program."))
    log = read_kernel_ring()
    counted = _("The group counts {count} ended programs").format(count=seen.kills)
    if log is None:
        return Proof(
            name, shown=True, words=_("{counted}; the kernel log is not readable for this user.").format(counted=counted)
        )
    named = group.folder.name in log
    words = _("{counted}, and the kernel log names them.") if named else _("{counted}; the kernel log does not name them.")
    return Proof(name, shown=True, words=words.format(counted=counted))
