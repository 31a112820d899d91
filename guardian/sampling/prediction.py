"""Whom the last sample before a kill pointed to, and where user space cannot know better.

Source: mm/oom_kill.c:select_bad_process(), oom_evaluate_task(); lib/percpu_counter.c:compute_batch_value().
"""

from collections.abc import Collection
from typing import NamedTuple

from guardian.kernel.errors import Unparsable
from guardian.kernel.process import ProcessKey
from guardian.kernel.release import parse_release
from guardian.model.constraints import cpuset_domain, global_domain, memcg_domain
from guardian.model.domain import OomDomain
from guardian.model.era import Era
from guardian.model.victim import Victim
from guardian.protocol.i18n import _, ngettext
from guardian.sampling.kill_lines import KillLine
from guardian.sampling.sample import Sample
from guardian.sampling.scoring import KernelScoring
from guardian.sampling.snapshot import victims_of

FEWEST = 10
STALE_SECONDS = 5.0
_PER_CPU_FROM, _PER_CPU_UNTIL = (6, 2, 0), (7, 0, 0)
_COUNTERS = 4
# Pages that a process may gain or lose unseen between the last sample and the kill, without being another case.
_DRIFT = 256


class Candidate(NamedTuple):
    """One of those the kernel might take; badness in pages."""

    pid: int
    name: str
    badness: int


class Prediction(NamedTuple):
    """The candidates, best first, and why the answer cannot be known from user space (None where it can)."""

    candidates: tuple[Candidate, ...]
    caveat: str | None


class Machine(NamedTuple):
    """What of a machine decides beside its processes: processors, and whether the one that asks for memory is ended."""

    cpus: int
    asker_dies: bool


def counter_error(release: str, cpus: int) -> int:
    """Pages by which the kernel's badness of a process may differ from what /proc shows, 0 where both read the same counter.

    From 6.2 the counters are kept per CPU and the killer adds them up roughly, until 7.0.
    """
    try:
        version = parse_release(release).version
    except Unparsable:
        return 0
    if not _PER_CPU_FROM <= version < _PER_CPU_UNTIL:
        return 0
    return _COUNTERS * (max(32, 2 * cpus) - 1) * cpus


def domain_of(kill: KillLine, sample: Sample) -> OomDomain:
    """The scope in which a kill was decided, with the limits of the sample before it."""
    if kill.constraint == "memcg" and kill.memcg is not None:
        for group in sample.cgroups or ():
            if group.path.rstrip("/") == kill.memcg.rstrip("/"):
                return memcg_domain(group, sample.memory, sample.page_size)
        whole = global_domain(sample.memory, sample.page_size)
        return whole._replace(constraint="memcg", cgroup=kill.memcg)
    if kill.constraint in {"cpuset", "mempolicy"} and kill.mems is not None:
        return cpuset_domain(kill.mems, sample.zones or (), sample.memory, sample.page_size)._replace(constraint=kill.constraint)
    return global_domain(sample.memory, sample.page_size)


def predict(
    kill: KillLine,
    samples: tuple[Sample | None, Sample],
    kernel: KernelScoring,
    machine: Machine,
    dead: Collection[ProcessKey],
) -> Prediction:
    """Whom the kernel was to take, from the last sample before a kill and the one before that.

    Of the kill only its scope and time are used, never its victim.  `dead` are those already killed, whom it leaves out.
    """
    earlier, last = samples
    ranked = _ranked(kill, last, kernel, dead)
    # Of two processes each may be off.
    error = 2 * counter_error(kernel.release, machine.cpus)
    first = ranked[0].badness or 0 if ranked else 0
    near = [victim for victim in ranked if first - (victim.badness or 0) <= error + _DRIFT]
    shown = ranked[: max(FEWEST, len(near))]
    candidates = tuple(Candidate(victim.process.pid, victim.process.name, victim.badness or 0) for victim in shown)
    caveat = _caveat_of_scope(kill, last, machine) or _caveat_of_rivals(ranked, error, kernel, kill)
    if caveat is None and earlier is not None and _unsteady(ranked, _ranked(kill, earlier, kernel, dead), error):
        caveat = _("The first and others changed, from sample to sample, by as much as they were apart.")
    return Prediction(candidates, caveat)


def _ranked(kill: KillLine, sample: Sample, kernel: KernelScoring, dead: Collection[ProcessKey]) -> list[Victim]:
    """Those the kernel may take, best first; without the dead and the dying, whose end it would have waited for."""
    living = tuple(process for process in sample.processes or () if process.key not in dead)
    victims = victims_of(sample._replace(processes=living), domain_of(kill, sample), kernel)
    return [victim for victim in victims if victim.rank is not None and not victim.dying]


def _caveat_of_scope(kill: KillLine, sample: Sample, machine: Machine) -> str | None:
    if kill.asker or (machine.asker_dies and kill.constraint != "memcg"):
        return _("The kernel was told to end whoever asks for memory (vm.oom_kill_allocating_task).")
    if kill.group:
        return _("It ended together with its cgroup (memory.oom.group).")
    if not kill.reported:
        return _("The kernel printed no report of this kill.")
    age = kill.invoked - sample.monotonic
    if age > STALE_SECONDS:
        return _("The last sample was {seconds:.0f} s old.").format(seconds=age)
    return None


def _caveat_of_rivals(ranked: list[Victim], error: int, kernel: KernelScoring, kill: KillLine) -> str | None:
    if len(ranked) < 2:
        return None
    first = ranked[0].badness or 0
    rivals = sum(first - (victim.badness or 0) <= error for victim in ranked[1:])
    if rivals and error:
        return ngettext(
            "{count} other is within the error of the kernel's counters ({pages} pages).",
            "{count} others are within the error of the kernel's counters ({pages} pages).",
            rivals,
        ).format(count=rivals, pages=error)
    if rivals and (kill.constraint == "memcg" or kernel.era in {Era.E1, Era.E2}):
        return _("Equals are taken here in an order that cannot be known.")
    return None


def _unsteady(now: list[Victim], before: list[Victim], error: int) -> bool:
    """Whether somebody moved against the first, from one sample to the next, by as much as they are now apart."""
    then = {victim.process.key: victim.badness or 0 for victim in before}
    if not now or now[0].process.key not in then:
        return bool(now) and bool(before)
    first = now[0].badness or 0
    for rival in now[1:]:
        known = then.get(rival.process.key)
        apart = first - (rival.badness or 0)
        moved = 0 if known is None else abs(apart - (then[now[0].process.key] - known))
        if moved and apart <= error + moved:
            return True
    return False
