"""A kill told in sentences: who ended whom, why, who caused it, what came free, and whether our ranking agrees.

Source: the project's table of words (row 9, page History).
"""

import re
import time
from collections.abc import Iterator

from guardian.model.history import CauseKind, Kill, KillerName, Party
from guardian.protocol.application import application_of
from guardian.protocol.i18n import N_, _, close_up, ngettext, sentences
from guardian.protocol.printable import printable
from guardian.protocol.quantities import format_bytes, format_duration, format_percent

_PRESSURE = re.compile(r"memory pressure for (\S+) being (\d+(?:\.\d+)?)% > (\d+(?:\.\d+)?)%")
_SWAP = re.compile(r"swap used \((\d+)\) / total \((\d+)\)(?:.*more than (\d+(?:\.\d+)?)%)?")
_CAUSES: dict[CauseKind, str] = {
    "shared": N_("{size} is in shared memory and tmpfs (such as /tmp and /dev/shm)"),
    "hugetlb": N_("{size} is set aside as huge pages"),
    "slab": N_("the kernel's own objects (slab) hold {size}"),
    "page tables": N_("page tables hold {size}"),
    "unowned": N_("{size} is held by drivers or the GPU, which no counter claims"),
}


def killer_words(killer: KillerName) -> str:
    """A killer's name as a sentence begins with it."""
    return _("The kernel") if killer == "kernel" else killer


def lane_words(kill: Kill) -> str:
    """The lane of the timeline that a kill belongs to."""
    if kill.killer != "kernel":
        return kill.killer
    return _("Kernel, memory limit") if kill.constraint == "memcg" else _("Kernel")


def unit_words(path: str) -> str:
    """A cgroup by its application, else by its last part, which is the unit's name; "/" itself where there is no other."""
    last = path.rstrip("/").rpartition("/")[2] or path
    return printable(application_of(last) or last)


def party_words(party: Party) -> str:
    """A process by name and pid, or a unit by name."""
    name = unit_words(party.name) if party.pid is None and party.name.startswith("/") else printable(party.name)
    return name if party.pid is None else _("{name} ({pid})").format(name=name, pid=party.pid)


def headline(kill: Kill) -> str:
    """Such as "systemd-oomd ended your-terminal.scope: 34 processes"."""
    words = _("{killer} chose {name}; the log breaks off") if kill.unfinished else _("{killer} ended {name}")
    told = close_up(words.format(killer=killer_words(kill.killer), name=_short(kill)))
    if kill.processes > 1:
        count = ngettext("{count} process", "{count} processes", kill.processes).format(count=kill.processes)
        told = _("{headline}: {count}").format(headline=told, count=count)
    return told


def sentence(kill: Kill) -> str:
    """Such as "systemd-oomd ended term.scope (34 processes) because swap was 91 % full. Cause: ld.lld, +4.9 GiB in 6 min."."""
    name = _short(kill)
    if kill.processes > 1:
        name = ngettext("{name} ({count} process)", "{name} ({count} processes)", kill.processes).format(
            name=name, count=kill.processes
        )
    reason = reason_words(kill)
    words = _("{killer} ended {name} because {reason}.") if reason else _("{killer} ended {name}.")
    told = close_up(words.format(killer=killer_words(kill.killer), name=name, reason=reason))
    culprit = culprit_words(kill)
    return sentences(told, culprit)


def reason_words(kill: Kill) -> str:
    """Why it acted, as the end of a sentence; empty where no source tells."""
    reason = kill.reason or ""
    if found := _PRESSURE.search(reason):
        return _("tasks of {unit} waited for memory {share} of the time, its limit is {limit}").format(
            unit=unit_words(found[1]), share=_percent(found[2]), limit=_percent(found[3])
        )
    if (found := _SWAP.search(reason)) and int(found[2]):
        return _("swap was {share} full").format(share=format_percent(int(found[1]) / int(found[2])))
    if kill.killer in {"earlyoom", "nohang"}:
        return _("free memory and swap were low")
    if kill.constraint == "memcg":
        limit = kill.composition.total if kill.composition else None
        if limit is None:
            return _("{group} reached its memory limit").format(group=unit_words(kill.memcg or "/"))
        return _("{group} reached its memory limit of {limit}").format(
            group=unit_words(kill.memcg or "/"), limit=format_bytes(limit)
        )
    if kill.constraint == "cpuset":
        return _("the memory nodes of its cpuset were full")
    if kill.constraint == "mempolicy":
        return _("the memory nodes of a program's policy were full")
    return _("memory ran out") if kill.constraint == "global" else ""


def culprit_words(kill: Kill) -> str:
    """Who caused it, as a sentence of its own; empty where the victim did, or nobody is known."""
    if kill.cause is not None:
        return cause_words(kill)
    culprit = kill.culprit
    if culprit is None:
        return ""
    name = printable(culprit.name)
    if culprit.growth is not None and culprit.span is not None:
        return _("Cause: {name}, {growth} in {span}.").format(
            name=name, growth=format_bytes(culprit.growth, sign=True), span=format_duration(culprit.span)
        )
    if any(culprit.pid == victim.pid for victim in kill.victims) or culprit.memory is None:
        return ""
    return _("Largest then was {name} with {size}.").format(name=party_words(culprit), size=format_bytes(culprit.memory))


def cause_words(kill: Kill) -> str:
    """What no end of a program could have given back; empty where programs held the memory."""
    if kill.cause is None:
        return ""
    held = _(_CAUSES[kill.cause.kind]).format(size=format_bytes(kill.cause.size))
    return _("Ending programs could not help: {held}.").format(held=held)


def freed_words(kill: Kill) -> str:
    """What came free and whether it was enough; empty where neither is known."""
    told = "" if kill.freed is None else _("{size} came free.").format(size=format_bytes(kill.freed))
    if kill.enough is False:
        told = sentences(told, _("It was not enough: the next followed within 10 s."))
    return told


def ranking_words(kill: Kill) -> str:
    """Whether our ranking and the log agree, in a few words."""
    words = {
        True: N_("Ranking and log agree."),
        False: N_("Ranking and log differ."),
        None: N_("The ranking cannot be confirmed."),
    }
    return _(words[kill.rescored.agrees])


def when_words(kill: Kill) -> str:
    """The moment on the local clock, else since the machine's start."""
    if kill.time is not None:
        return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(kill.time))
    if kill.seconds is not None:
        return _("{seconds} s after the start").format(seconds=f"{kill.seconds:.1f}")
    return _("at an unknown time")


def explanation(kill: Kill) -> Iterator[str]:
    """All that is known of a kill, a sentence or two a line."""
    yield sentence(kill)
    if kill.invoker is not None and kill.invoker.name != kill.victim.name:
        yield _("{name} had asked for the memory.").format(name=party_words(kill.invoker))
    if freed := freed_words(kill):
        yield freed
    for alert in kill.alerted[-1:]:
        yield _("Warned {span} before.").format(span=format_duration(alert.ahead))
    if kill.rescored.why:
        yield sentences(ranking_words(kill), printable(kill.rescored.why))
    if kill.doubt:
        yield printable(kill.doubt)


def report_text(kill: Kill) -> str:
    """A kill as plain text for a bug report."""
    lines = [headline(kill), when_words(kill), *explanation(kill)]
    if kill.release:
        lines.append(_("Kernel {release}").format(release=printable(kill.release)))
    lines.append(_("Told by: {sources}").format(sources=", ".join(kill.sources)))
    if kill.rescored.candidates:
        lines += ["", f"{'#':>3} {'pid':>8} {'points':>10} {'MiB':>9} {'swap MiB':>9} {'adj':>5}  name"]
    for one in kill.rescored.candidates[:20]:
        cells = (one.rank, one.pid, one.points, one.memory >> 20, None if one.swap is None else one.swap >> 20, one.adjustment)
        texts = ["-" if cell is None else str(cell) for cell in cells]
        mark = " *" if one.ended else ""
        widths = (3, 8, 10, 9, 9, 5)
        lines.append(
            " ".join(f"{text:>{width}}" for text, width in zip(texts, widths, strict=True)) + f"  {printable(one.name)}{mark}"
        )
    if kill.weighed:
        lines += ["", f"{'#':>3} {'MiB':>9} {'swap MiB':>9} {'pressure':>9} {'scanned':>9}  control group"]
        for place, group in enumerate(kill.weighed, start=1):
            stalled = None if group.pressure is None else f"{group.pressure:.2%}"
            sizes = (None if size is None else size >> 20 for size in (group.memory, group.swap))
            texts = ["-" if cell is None else str(cell) for cell in (*sizes, stalled, group.scanned)]
            mark = " *" if group.ended else ""
            lines.append(f"{place:>3} " + " ".join(f"{text:>9}" for text in texts) + f"  {printable(group.path)}{mark}")
    return "\n".join(lines) + "\n"


def _short(kill: Kill) -> str:
    """The chosen one's name: of a group, its unit."""
    if kill.group and kill.victim.cgroup:
        return unit_words(kill.victim.cgroup)
    return party_words(kill.victim)


def _percent(text: str) -> str:
    return format_percent(float(text) / 100)
