"""What page Protection says of its plans.  Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from guardian.model.verdict import State
from guardian.policy.pins import Keeper, Standing
from guardian.policy.protection import Heirs, PlanRow, Protection, Shares, Stand, counts_of, title_of
from guardian.protocol.i18n import N_, _, ngettext, sentences
from guardian.protocol.printable import printable
from guardian.protocol.quantities import UNKNOWN, format_adjustment, format_bytes, format_percent
from guardian.ui.plan_choice import much_words
from guardian.ui.text import format_clock

STANDS = {
    Stand.HELD: N_("{count} held"),
    Stand.PARTLY: N_("{count} partly"),
    Stand.NOT_HELD: N_("{count} not held"),
    Stand.IMPOSSIBLE: N_("{count} impossible here"),
    Stand.WAITING: N_("{count} waiting"),
}
STANDINGS = {
    Standing.HELD: N_("held"),
    Standing.WANTED: N_("wanted, not set yet"),
    Standing.OVERWRITTEN: N_("overwritten by the program"),
    Standing.IMPOSSIBLE: N_("impossible here"),
}
TROUBLED = frozenset((Stand.PARTLY, Stand.NOT_HELD, Stand.IMPOSSIBLE))
_MUCH = 0.5
_PROC_FILE = "/proc/PID/oom_score_adj"


class Fact(NamedTuple):
    """One line of the selected plan: what, as wished, as it is, and the file or tool that said so; `right` where both agree."""

    what: str
    wanted: str
    now: str
    source: str
    right: bool = True


def headline(protection: Protection | None) -> str:
    """The page's headline: how many plans, and how they stand."""
    if protection is None:
        return _("Reading the plans")
    if not protection.rows:
        return _("No plans yet")
    count = len(protection.rows)
    stands = ", ".join(_(STANDS[stand]).format(count=number) for stand, number in counts_of(protection.rows).items())
    return ngettext("{count} plan: {stands}", "{count} plans: {stands}", count).format(count=count, stands=stands)


def matches_words(row: PlanRow) -> str:
    """Whom a plan means."""
    rule = row.plan.pin.rule
    key = row.plan.pin.key
    if key is not None:
        return _("process {pid}").format(pid=key.pid)
    target = printable(rule.target)
    words = {"app": _("app: {id}"), "name": _("name: {id}")}.get(rule.kind, "{id}").format(id=target)
    return _("{what} of {user}").format(what=words, user=rule.user) if rule.user else words


def wish_words(row: PlanRow) -> str:
    """What a plan is after."""
    return _("Sacrifice") if (row.adj or 0) > 0 else _("Protect")


def held_words(row: PlanRow) -> str:
    """How many have what is wished."""
    if row.stand is Stand.WAITING:
        return _("not running")
    if row.stand is Stand.IMPOSSIBLE:
        return _("impossible here")
    return _("{held} of {count}").format(held=row.plan.held, count=len(row.plan.members))


def lasts_words(row: PlanRow) -> str:
    """How long a plan lasts."""
    if row.kept is not None:
        return _("Own unit drop-in") if row.kept.wish.user else _("Unit drop-in")
    return {
        Keeper.HELPER: _("Rule, all boots"),
        Keeper.AGENT: _("Rule, my logins"),
        Keeper.ONCE: _("Until it ends"),
    }[row.plan.pin.keeper]


def facts_of(row: PlanRow) -> list[Fact]:
    """Each wish with what was read back and from where; processes of one value in one line."""
    found = []
    wanted = format_adjustment(row.adj) if row.adj is not None else UNKNOWN
    if row.adj is not None and not row.plan.members:
        found.append(Fact(_("Adjustment"), wanted, _("not running"), _PROC_FILE))
    values: dict[int | None, int] = {}
    for member in row.plan.members if row.adj is not None else ():
        values[member.now] = values.get(member.now, 0) + 1
    for value, count in sorted(values.items(), key=lambda pair: (pair[0] != row.adj, -pair[1])):
        what = ngettext("Adjustment, {count} process", "Adjustment, {count} processes", count).format(count=count)
        source = _PROC_FILE if count > 1 else f"/proc/{_pid_with(row, value)}/oom_score_adj"
        found.append(Fact(what, wanted, format_adjustment(value), source, value == row.adj))
    return found + _unit_facts(row)


def _pid_with(row: PlanRow, value: int | None) -> int:
    return next(member.process.pid for member in row.plan.members if member.now == value)


def _unit_facts(row: PlanRow) -> list[Fact]:
    if row.kept is None:
        return []
    wish, now, found = row.kept.wish.plan, row.kept.effective, []
    source = _("systemctl show {unit}").format(unit=row.kept.wish.unit)
    if wish.oom_score_adjust is not None:
        held = now.oom_score_adjust if now is not None else None
        words = _("At its next start")
        found.append(
            _fact(words, format_adjustment(wish.oom_score_adjust), None if held is None else format_adjustment(held), source)
        )
    for word, wished, is_now in (
        (_("systemd-oomd"), wish.managed_oom_preference, now and now.managed_oom_preference),
        (_("On kill"), wish.oom_policy, now and now.oom_policy),
    ):
        if wished is not None:
            found.append(_fact(word, wished, is_now or None, source))
    if wish.memory_low is not None:
        low = now.memory_low if now is not None else None
        found.append(_fact(_("Reserved"), format_bytes(wish.memory_low), None if low is None else format_bytes(low), source))
    found.append(Fact(_("Kept in"), "", "", row.kept.path))
    return found


def _fact(what: str, wanted: str, now: str | None, source: str) -> Fact:
    return Fact(what, wanted, UNKNOWN if now is None else now, source, now == wanted)


def detail_words(row: PlanRow) -> str:
    """What the facts mean, in a sentence or two."""
    members = row.plan.members
    if not members:
        return _("Nothing of it runs now. The plan acts when it starts.") if _lasts(row) else _("It has ended.")
    held, count = row.plan.held, len(members)
    parts = [
        _("All have the wished value.")
        if held == count
        else ngettext(
            "{held} of {count} process has the wished value.", "{held} of {count} processes have the wished value.", count
        ).format(held=held, count=count)
    ]
    lost, refused, waiting = (
        sum(member.standing is standing for member in members)
        for standing in (Standing.OVERWRITTEN, Standing.IMPOSSIBLE, Standing.WANTED)
    )
    if lost:
        parts.append(_("{count} set another value again.").format(count=lost))
    if refused:
        parts.append(_("For {count} the kernel refused it.").format(count=refused))
    if waiting:
        parts.append(ngettext("{count} waits for it.", "{count} wait for it.", waiting).format(count=waiting))
    if _lasts(row) and row.kept is None:
        if row.plan.pin.rule.insist:
            parts.append(_("The plan sets it each time, at most once a minute."))
        elif any(member.standing is Standing.OVERWRITTEN for member in members):
            parts.append(_("The plan can set it each time, at most once a minute."))
    if row.plan.pin.rule.kind == "unit" and row.kept is not None and held < count:
        parts.append(_("The adjustment of a drop-in counts from the unit's next start."))
    return sentences(*parts)


def _lasts(row: PlanRow) -> bool:
    return row.plan.pin.keeper is not Keeper.ONCE


def member_words(row: PlanRow, protection: Protection) -> list[tuple[str, str, str, str]]:
    """The processes that do not have the wished value: name and pid, memory, value now, and why."""
    found = []
    for member in row.plan.members:
        if member.standing is Standing.HELD:
            continue
        process = member.process
        size = None if process.memory is None else process.memory.rss + process.memory.swap
        lost = protection.lost.get(process.key)
        why = _(STANDINGS[member.standing])
        if lost is not None:
            why = ngettext("set again {count} time, last {time}", "set again {count} times, last {time}", lost[0]).format(
                count=lost[0], time=format_clock(lost[1])
            )
        found.append((f"{printable(process.name)} {process.pid}", format_bytes(size), format_adjustment(member.now), why))
    return found


def budget_words(shares: Shares) -> str:
    """Whether enough is left that could be ended."""
    left = shares.ordinary + shares.offered
    if not shares.total:
        return _("Not known before the first table of processes.")
    immortal = shares.immortal > _MUCH * shares.total or not shares.left
    if not shares.left or shares.share > _MUCH:
        return _("Hardly. {words}").format(words=much_words(shares.share, immortal=immortal))
    return _("Yes. {left} of {total} of programs can still be ended.").format(
        left=format_bytes(left), total=format_bytes(shares.total)
    )


class Note(NamedTuple):
    """One remark beside the budget: its drawing or state shape, a heading and what it says."""

    shape: State | str
    heading: str
    words: str


def notes_of(protection: Protection, total: int) -> list[Note]:
    """What has to be known beside the numbers; `total` is the machine's memory in bytes."""
    found = [_heir_note(heir) for heir in protection.heirs[:2]]
    protects = any((row.adj or 0) < 0 for row in protection.rows)
    avoided = any(row.wish.managed_oom_preference for row in protection.rows)
    if protection.oomd and protects and not avoided:
        words = _("It ends whole control groups by swap and pressure. A unit's plan can ask it to avoid one.")
        found.append(Note(State.WARNING, _("systemd-oomd ignores the adjustment"), words))
    if protection.reserved:
        words = _("{share} of memory. The kernel takes from others first.").format(
            share=format_percent(protection.reserved / total if total else 0)
        )
        found.append(Note("limit", _("{size} are reserved").format(size=format_bytes(protection.reserved)), words))
    own = protection.own
    if own is not None and (own.oom_score_adj or 0) > 0:
        words = _("A user's programs start with more than 0, so it would be ended early and could not warn you any more.")
        heading = _("OOM Guardian itself has {value}").format(value=format_adjustment(own.oom_score_adj))
        found.append(Note(State.WARNING, heading, words))
    return found


def _heir_note(heir: Heirs) -> Note:
    names = ", ".join(printable(name) for name in heir.names[:4])
    words = ngettext(
        "What {title} starts inherits {value}. {count} has it now: {names}.",
        "What {title} starts inherits {value}. {count} have it now: {names}.",
        heir.processes,
    )
    said = words.format(title=printable(heir.title), value=format_adjustment(heir.value), count=heir.processes, names=names)
    return Note(State.WARNING, _("Children inherit"), said)


def table_of(rows: Sequence[PlanRow]) -> list[dict[str, object]]:
    """The plans as values by name, for a file."""
    return [
        {
            "plan": title_of(row),
            row.plan.pin.rule.kind: row.plan.pin.rule.target,
            "user": row.plan.pin.rule.user,
            "adj": row.adj,
            "oomd": row.wish.managed_oom_preference,
            "on_kill": row.wish.oom_policy,
            "reserved": row.wish.memory_low,
            "held": row.plan.held,
            "processes": len(row.plan.members),
            "keeper": "drop-in" if row.kept is not None else row.plan.pin.keeper.value,
        }
        for row in rows
    ]
