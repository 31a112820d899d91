"""All there is to say of one process's place in the ranking."""

from collections.abc import Sequence
from typing import NamedTuple

from guardian.cli.failure import CommandFailed, no_such_process
from guardian.fields import Row, point_size
from guardian.kernel.errors import Denied, Unparsable, Vanished
from guardian.kernel.process import Process, parse_status
from guardian.kernel.tree import KernelTree
from guardian.model.badness import Terms, terms
from guardian.model.origin import Origin, origin_of_adjustment
from guardian.model.victim import Victim, dies_with
from guardian.model.what_if import threshold_adjustment
from guardian.protocol.i18n import _
from guardian.sampling.snapshot import Snapshot


class Explanation(NamedTuple):
    """All there is to say of one process; `first_from` is the lowest adjustment that makes it first, None if none does."""

    row: Row
    ranked: int
    terms: Terms | None
    origin: Origin
    company: tuple[Process, ...]
    first_from: int | None


def find(snapshot: Snapshot, tree: KernelTree, pid: int) -> Victim:
    """The process of that pid.  Raises CommandFailed when it is gone, hidden or not a process."""
    for victim in snapshot.victims:
        if victim.process.pid == pid:
            return victim
    try:
        leader = parse_status(tree.read(f"proc/{pid}/status")).tgid
    except Denied as error:
        text = _("{pid}: not permitted; it belongs to another user and /proc hides it. Run it as that user or as root")
        raise CommandFailed(text.format(pid=pid)) from error
    except (Vanished, Unparsable):
        raise no_such_process(pid) from None
    if leader is not None and leader != pid:
        raise CommandFailed(
            _("{pid} is a thread; its process is {leader}: guardian explain {leader}").format(pid=pid, leader=leader)
        )
    raise no_such_process(pid)


def explain(snapshot: Snapshot, victim: Victim) -> Explanation:
    """Take one process of the snapshot apart."""
    sample, domain, era = snapshot.sample, snapshot.domain, snapshot.era
    processes = sample.processes or ()
    threshold = threshold_adjustment(victim.process, snapshot.victims, domain, era) if victim.rank is not None else None
    return Explanation(
        row=Row(victim, point_size(domain, era), snapshot.growth.get(victim.process.key)),
        ranked=sum(one.rank is not None for one in snapshot.victims),
        terms=terms(victim.process, domain, era),
        origin=origin_of_adjustment(victim.process, ancestors_of(victim.process, processes)),
        company=dies_with(victim, processes, sample.cgroups, domain, era),
        first_from=None if threshold is None or threshold >= 1000 else threshold + 1,
    )


def ancestors_of(process: Process, processes: Sequence[Process]) -> tuple[Process, ...]:
    """Its parent, that one's parent and so on, as far as they live."""
    by_pid = {one.pid: one for one in processes}
    line: list[Process] = []
    seen = {process.pid}
    while (parent := by_pid.get((line[-1] if line else process).ppid)) is not None and parent.pid not in seen:
        seen.add(parent.pid)
        line.append(parent)
    return tuple(line)
