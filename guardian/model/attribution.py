"""One kill told by several sources is one entry, and the one who truly did it is named.

Whoever sent the first SIGKILL did it; a SIGTERM did only where nothing stronger came.  Kernel, systemd-oomd and earlyoom tell of
their own acts; systemd's notices and vanished processes are witnesses.
Source: signal(7); earlyoom main.c, systemd-oomd(8).
"""

from collections.abc import Iterable, Sequence
from typing import Final

from guardian.model.history import Kill, Party
from guardian.protocol.i18n import _

# The same act in two logs: syslog has whole seconds, and clocks since boot and of the day drift apart.
_SAME_ACT_SECONDS: Final = 3.0
# earlyoom waits ten seconds for a victim to end and tries again; systemd may be late with its notice while all is slow.
_SAME_DEATH_SECONDS: Final = 60.0
_NEIGHBOURS: Final = 64
_ENOUGH_SECONDS: Final = 10.0
WITNESSES: Final = frozenset({"systemd", "watched", "memory.events"})
_NAME_BYTES: Final = 15


def attribute(kills: Iterable[Kill]) -> list[Kill]:
    """Entries of one or more sources as one entry a kill, oldest first; those without any clock keep their place at the end."""
    merged: list[Kill] = []
    for kill in sorted_by_time(kills):
        at = _same_death(merged, kill)
        if at is None:
            merged.append(kill)
        else:
            merged[at] = merge(merged[at], kill)
    # One without a clock may have been given another's.
    return judge_enough(sorted_by_time(merged))


def sorted_by_time(kills: Iterable[Kill]) -> list[Kill]:
    """Oldest first by the clock of the day, else by that since boot; an entry without either stays behind the one before it."""
    keyed: list[tuple[float, int, Kill]] = []
    offset: float | None = None
    last = float("-inf")
    for at, kill in enumerate(kills):
        if kill.time is not None:
            last = kill.time
            offset = kill.time - kill.seconds if kill.seconds is not None else offset
        elif kill.seconds is not None:
            last = kill.seconds + (offset or 0.0)
        keyed.append((last, at, kill))
    return [kill for _key, _at, kill in sorted(keyed, key=lambda one: one[:2])]


def same_death(a: Kill, b: Kill) -> bool:
    """Whether two entries tell of one death."""
    if a.boot is not None and b.boot is not None and a.boot != b.boot:
        return False
    if same_entry(a, b):
        return True
    if a.killer == b.killer and a.sources == b.sources and a.killer != "earlyoom":
        # One source tells of each of its own acts once.
        return False
    apart = _apart(a, b)
    longest = _SAME_ACT_SECONDS if a.killer == b.killer and not _witnessed(a, b) else _SAME_DEATH_SECONDS
    if apart is not None and apart > longest:
        return False
    return any(_same_party(one, other) for one in a.victims for other in b.victims)


def same_entry(a: Kill, b: Kill) -> bool:
    """Whether two are one line of one log, read twice; its stamp has microseconds."""
    stamped = a.seconds is not None and a.seconds == b.seconds and a.killer == b.killer
    one_boot = a.boot is not None and a.boot == b.boot
    # Two boots may have a kill at the same second of theirs; the clock of the day may have been set within one.
    if not one_boot and a.time is not None and b.time is not None and abs(a.time - b.time) > _SAME_ACT_SECONDS:
        return False
    return stamped and [victim.pid for victim in a.victims] == [victim.pid for victim in b.victims]


def merge(a: Kill, b: Kill) -> Kill:
    """The one entry of two that tell of one death: the true killer's own words, filled up with what the other adds."""
    true, other = (a, b) if _rank(a, b) <= _rank(b, a) else (b, a)
    doubt = true.doubt or other.doubt
    if true.killer != other.killer and not _is_witness(other) and doubt is None:
        doubt = _("{other} claims it too; {killer} acted with the stronger signal, or first.").format(
            other=other.killer, killer=true.killer
        )
    victims = true.victims if len(true.victims) >= len(other.victims) or not _is_witness(true) else other.victims
    victims = (_filled(victims[0], other.victims[0]), *victims[1:])
    return true._replace(
        seconds=true.seconds if true.seconds is not None else other.seconds,
        time=true.time if true.time is not None else other.time,
        victims=victims,
        processes=max(true.processes, other.processes),
        group=true.group or other.group,
        constraint=true.constraint or other.constraint,
        memcg=true.memcg or other.memcg,
        invoker=true.invoker or other.invoker,
        culprit=_better_culprit(true.culprit, other.culprit),
        freed=true.freed if true.freed is not None else other.freed,
        reason=true.reason or other.reason,
        cause=true.cause or other.cause,
        composition=true.composition or other.composition,
        rescored=other.rescored if other.rescored.candidates and not true.rescored.candidates else true.rescored,
        alerted=true.alerted or other.alerted,
        sources=(*true.sources, *(source for source in other.sources if source not in true.sources)),
        doubt=doubt,
        release=true.release or other.release,
        boot=true.boot or other.boot,
        key=true.key if true.key is not None else other.key,
        unfinished=true.unfinished and other.unfinished,
        weighed=true.weighed or other.weighed,
        considered=true.considered or other.considered,
    )


def judge_enough(kills: Sequence[Kill]) -> list[Kill]:
    """Whether each kill ended the shortage: not where the same limit was hit again within seconds; unknown for the last one."""
    judged = []
    for at, kill in enumerate(kills):
        enough = kill.enough
        for later in kills[at + 1 :]:
            apart = _apart(kill, later)
            if apart is None or (kill.boot is not None and later.boot is not None and kill.boot != later.boot):
                break
            if apart > _ENOUGH_SECONDS:
                enough = True
                break
            if (later.constraint, later.memcg) == (kill.constraint, kill.memcg):
                enough = False
                break
        judged.append(kill._replace(enough=enough))
    return judged


def _same_death(merged: Sequence[Kill], kill: Kill) -> int | None:
    """The place of the nearest entry before that tells of the same death."""
    for back in range(1, min(len(merged), _NEIGHBOURS) + 1):
        if same_death(merged[-back], kill):
            return len(merged) - back
    return None


def _apart(a: Kill, b: Kill) -> float | None:
    """Seconds between two entries; None where they have no clock in common."""
    if a.time is not None and b.time is not None:
        return abs(a.time - b.time)
    if a.seconds is not None and b.seconds is not None:
        return abs(a.seconds - b.seconds)
    return None


def _witnessed(a: Kill, b: Kill) -> bool:
    return _is_witness(a) or _is_witness(b)


def _is_witness(kill: Kill) -> bool:
    """Whether nobody who acted told of it."""
    return all(source in WITNESSES for source in kill.sources)


def _same_party(a: Party, b: Party) -> bool:
    """Whether two say the same process, or a unit and something in it."""
    if a.pid is not None and b.pid is not None:
        return a.pid == b.pid and _same_name(a.name, b.name)
    for inside, unit in ((a, b), (b, a)):
        if unit.cgroup is not None and inside.cgroup is not None and _below(inside.cgroup, unit.cgroup):
            return True
    return a.pid is None and b.pid is None and a.name == b.name


def _same_name(a: str, b: str) -> bool:
    """Whether two names are one process's: the kernel's has 15 bytes, others may tell more."""
    short = _NAME_BYTES
    return a.encode()[:short] == b.encode()[:short] or "?" in (a, b) or not (a and b)


def _below(path: str, unit: str) -> bool:
    """Whether a cgroup is, or lies below, one that is named by its path or by its last part."""
    if unit.startswith("/"):
        return path == unit or path.startswith(unit.rstrip("/") + "/")
    return unit in path.split("/")


def _rank(kill: Kill, rival: Kill) -> tuple[int, float]:
    """Smaller is more surely the one who did it."""
    if _is_witness(kill):
        return 3, 0.0
    soft = kill.killer in {"earlyoom", "nohang"} and kill.signal != "KILL"
    # Without clocks the kernel's line tells that it still found memory to take.
    first = kill.time if kill.time is not None and rival.time is not None else 0.0 if kill.killer == "kernel" else 1.0
    return (2 if soft else 1), first


def _filled(party: Party, other: Party) -> Party:
    """A party with what another source knows of it."""
    known = {name: value for name, value in party._asdict().items() if value is not None}
    return other._replace(**known)


def _better_culprit(one: Party | None, other: Party | None) -> Party | None:
    """Whose growth was seen is the better witness than the largest user."""
    if one is None or (one.growth is None and other is not None and other.growth is not None):
        return other
    return one
