"""More memory on paper, in words and as JSON: what room, forecast and ranking would be, and what is only assumed."""

from collections.abc import Sequence
from typing import Any

from guardian.model.more_memory import More, Ratio, RoomOnPaper, seconds_with, usable
from guardian.model.victim import Victim
from guardian.protocol.i18n import _
from guardian.protocol.printable import printable
from guardian.protocol.quantities import format_bytes, format_number, format_span

Left = tuple[float, float, float] | None


def room_line(paper: RoomOnPaper) -> str:
    """The room now and then: "Room would be 23 GiB instead of 15 GiB: +8.0 GiB."."""
    would = format_bytes(paper.would)
    low, high = format_bytes(paper.low), format_bytes(paper.high)
    if low != high:
        would = _("{likely} ({low} … {high})").format(likely=would, low=low, high=high)
    return _("Room would be {would} instead of {now}: {gain}.").format(
        would=would, now=format_bytes(paper.now), gain=format_bytes(paper.gain, sign=True)
    )


def ratio_line(ratio: Ratio) -> str:
    """What zram is reckoned to save, and whether that was measured here."""
    likely = format_number(ratio.likely, 1)
    if ratio.measured:
        return _("zram here stores {likely} bytes in each byte of RAM, as measured.").format(likely=likely)
    words = _("Assumed: zram stores {likely} bytes in each byte of RAM ({low} … {high}). Where it runs, this is measured.")
    return words.format(likely=likely, low=format_number(ratio.low, 1), high=format_number(ratio.high, 1))


def forecast_line(left: Left, paper: RoomOnPaper) -> str:
    """How long room would last if it went on to fall as now."""
    would = seconds_with(left, paper)
    if left is None or would is None:
        return _("Room does not fall now, or the agent does not run: there is no forecast to change.")
    return _("If room falls on as now, it would last {would} instead of {now}.").format(
        would=format_span(would[0], would[2]), now=format_span(left[0], left[2])
    )


def cost_lines(more: More) -> tuple[str, ...]:
    """What each kind of memory costs besides money."""
    lines = []
    if more.ram:
        kept = more.ram - usable(more.ram)
        lines.append(_("Of that RAM the kernel keeps {size} to keep account of it.").format(size=format_bytes(kept)))
    if more.swap > 0:
        lines.append(_("Swap on a disk is slow: it is room for what rests, not for what is in use."))
    if more.zram:
        lines.append(_("zram costs processor time instead of a disk, and fills RAM with what it compressed."))
    return tuple(lines)


def paper_lines(more: More, paper: RoomOnPaper, left: Left) -> tuple[str, ...]:
    """All that is to say of more memory, but for the ranking."""
    ratio = (ratio_line(paper.ratio),) if more.zram else ()
    return (room_line(paper), *ratio, forecast_line(left, paper), *cost_lines(more))


def ranking_line(now: Sequence[Victim], would: Sequence[Victim]) -> str:
    """Who would be first, beside who is."""
    before, then = _first(now), _first(would)
    if then is None:
        return _("Nobody could be ended.")
    if before is None or before.process.key == then.process.key:
        return _("First to be ended stays {name}.").format(name=_named(then))
    return _("First to be ended would be {name} instead of {before}.").format(name=_named(then), before=_named(before))


def _first(victims: Sequence[Victim]) -> Victim | None:
    return next((victim for victim in victims if victim.rank == 1), None)


def _named(victim: Victim) -> str:
    return _("{name} ({pid})").format(name=printable(victim.process.name), pid=victim.process.pid)


def paper_json(paper: RoomOnPaper, left: Left) -> dict[str, Any]:
    """Room and forecast as JSON; bytes and seconds."""
    would = seconds_with(left, paper)
    return {
        "room": {"now": paper.now, "would": paper.would, "low": paper.low, "high": paper.high},
        "zram_ratio": paper.ratio._asdict(),
        "seconds_left": {"now": left, "would": would},
    }
