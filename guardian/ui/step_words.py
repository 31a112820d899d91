"""What the four steps say: memory, out of memory, who would be chosen, the last kill.  Pure but for the clock passed in."""

from guardian.model.history import Kill
from guardian.model.verdict import State, Verdict
from guardian.policy.evidence_words import CRITERION
from guardian.protocol.i18n import _, ngettext
from guardian.protocol.printable import printable
from guardian.protocol.quantities import format_bytes, format_gib
from guardian.sampling.snapshot import Snapshot
from guardian.ui.kill_list import by_words, moment_words
from guardian.ui.step_strip import Step

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def memory_step(verdict: Verdict | None, snapshot: Snapshot | None) -> Step:
    """Step 1: is there enough?"""
    room = verdict.room if verdict is not None and verdict.state is not State.NO_DATA else snapshot.room if snapshot else None
    if room is None:
        return Step(_("measuring"))
    state = verdict.state if verdict is not None else State.CALM
    words = {
        State.WATCH: _("Shrinking"),
        State.WARNING: _("Getting short"),
        State.CRITICAL: _("Nearly gone"),
    }
    return Step(words.get(state, _("Enough")), _("{size} of room").format(size=format_bytes(room, 1)))


def out_step(verdict: Verdict | None) -> Step:
    """Step 2: is memory out, by the kernel's own tests?"""
    if verdict is None or not verdict.classic:
        return Step(_("Not judged"), _("The agent judges once it runs."))
    holding, total = sum(one.holds for one in verdict.classic), len(verdict.classic)
    out = holding == total or any(one.met for one in verdict.evidence if one.name in CRITERION)
    counted = _("{count} of {all} classic checks hold").format(count=holding, all=total)
    return Step(_("Yes") if out else _("No"), counted)


def choice_step(snapshot: Snapshot | None) -> Step:
    """Step 3: whom the kernel would choose."""
    if snapshot is None or snapshot.sample.processes is None:
        return Step(_("measuring"))
    first = next((victim for victim in snapshot.victims if victim.rank is not None), None)
    if first is None:
        return Step(_("Nobody"), _("Without anybody to end, the kernel stops the machine."))
    points = None if first.badness is None else first.badness * snapshot.domain.page_size
    name, pid = printable(first.process.name), first.process.pid
    if points is None:
        return Step(_("Ready"), name, f" {pid}")
    return Step(_("Ready"), name, _(" {pid}, {points} GiB of points").format(pid=pid, points=format_gib(points)))


def kill_step(kill: Kill | None, now: float) -> Step:
    """Step 4: the last kill that history kept."""
    if kill is None or kill.time is None:
        return Step(_("None seen"), _("as far as the agent's history goes"))
    told = _("{when}, {killer}").format(when=moment_words(kill), killer=by_words(kill))
    return Step(_ago(max(0.0, now - kill.time)), told)


def _ago(seconds: float) -> str:
    if seconds < _HOUR:
        count = max(1, round(seconds / _MINUTE))
        return ngettext("{count} minute ago", "{count} minutes ago", count).format(count=count)
    if seconds < 2 * _DAY:
        count = round(seconds / _HOUR)
        return ngettext("{count} hour ago", "{count} hours ago", count).format(count=count)
    count = round(seconds / _DAY)
    return ngettext("{count} day ago", "{count} days ago", count).format(count=count)
