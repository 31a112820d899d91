"""The points of one process as parts that add up, and the sentences that say the same.  Pure."""

from typing import NamedTuple

from guardian.kernel.process import Process
from guardian.model.badness import Terms, terms
from guardian.model.domain import OomDomain
from guardian.model.era import Era
from guardian.model.victim import Victim
from guardian.protocol.i18n import N_, _
from guardian.protocol.quantities import format_adjustment, format_bytes

_MIB = 1 << 20
# Words, and the layer whose colour and pattern stands for it (None: hatched, as no memory).
_PARTS = (
    ("anon", N_("Private memory"), 2),
    ("file", N_("Files mapped"), 6),
    ("shmem", N_("Shared, tmpfs"), 3),
    ("swap", N_("In swap"), 4),
    ("page_tables", N_("Page tables"), 0),
)


class Part(NamedTuple):
    """One step of the sum, in bytes, from `start` to `end`; `layer` is its layer's index, None for what is no memory."""

    name: str
    word: str
    size: int
    start: int
    end: int
    layer: int | None


class Score(NamedTuple):
    """The parts of a score in order and their sum in bytes."""

    parts: tuple[Part, ...]
    points: int

    @property
    def lowest(self) -> int:
        """The lowest value on the way, at most 0."""
        return min(0, *(min(part.start, part.end) for part in self.parts))

    @property
    def highest(self) -> int:
        """The highest value on the way, at least 0."""
        return max(0, *(max(part.start, part.end) for part in self.parts))


def score_of(process: Process, domain: OomDomain, era: Era) -> Score | None:
    """The parts of a process's points; None where they are no sum or it is never chosen."""
    found = terms(process, domain, era)
    return None if found is None else _added_up(found, process.oom_score_adj or 0, domain.page_size)


def _added_up(found: Terms, adj: int, page_size: int) -> Score:
    addends: list[tuple[str, str, int, int | None]] = [
        (name, _(word), getattr(found, name), layer) for name, word, layer in _PARTS
    ]
    if found.root_bonus:
        addends.append(("root_bonus", _("Bonus for root"), found.root_bonus, None))
    addends.append(("adjustment", _("Adjustment {value}").format(value=format_adjustment(adj)), found.adjustment, None))
    # What cutting to whole pages loses is not worth a line; a limit of the era is.
    if abs(found.rounding * page_size) >= _MIB:
        addends.append(("rounding", _("Kernel's limit"), found.rounding, None))
    else:
        name, word, size, layer = addends[-1]
        addends[-1] = (name, word, size + found.rounding, layer)
    parts, end = [], 0
    for name, word, pages, layer in addends:
        start, end = end, end + pages * page_size
        parts.append(Part(name, word, pages * page_size, start, end, layer))
    return Score(tuple(parts), end)


_NEVER = {
    "init": N_("The kernel never ends it: it is the first process, and the system stops without it."),
    "kernel thread": N_("The kernel never ends it: it is a part of the kernel and has no memory of its own."),
    "oom_score_adj -1000": N_("The kernel never ends it: its adjustment is −1000."),
    "vfork": N_("The kernel does not end it now: it shares its parent's memory until it starts its program."),
    "reaped": N_("The kernel does not end it: it has ended already, or its memory was taken back."),
}


def place_words(victim: Victim) -> str:
    """Where it stands, for beside its name: "why it would be first"."""
    if victim.rank is None:
        return _("why it is never ended")
    if victim.rank == 1:
        return _("why it would be first")
    return _("why it stands at place {rank}").format(rank=victim.rank)


def score_sentence(victim: Victim, score: Score | None, page_size: int) -> str:
    """The score in one sentence."""
    if victim.unkillable is not None:
        return _(_NEVER[victim.unkillable])
    if victim.process.memory is None:
        return _("Its memory is not readable for you. Its points come from the kernel's rounded score.")
    points = None if victim.badness is None else victim.badness * page_size
    if score is None:
        return _("Its points are {points}; on this kernel they are no sum.").format(points=format_bytes(points))
    if points is not None and points <= 0 and not victim.process.oom_score_adj:
        return _("It holds next to nothing, so it has no points.")
    memory = sum(part.size for part in score.parts if part.layer is not None)
    place = _("first") if victim.rank == 1 else _("place {rank}").format(rank=victim.rank)
    if not victim.process.oom_score_adj:
        return _("{memory} of memory and no adjustment make {points} of points: {place}.").format(
            memory=format_bytes(memory), points=format_bytes(score.points), place=place
        )
    return _("{memory} of memory and {adjustment} from the adjustment {value} make {points} of points: {place}.").format(
        memory=format_bytes(memory),
        adjustment=format_bytes(next(part.size for part in score.parts if part.name == "adjustment"), sign=True),
        value=format_adjustment(victim.process.oom_score_adj),
        points=format_bytes(score.points),
        place=place,
    )
