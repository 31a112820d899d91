"""The points by which the kernel picks its victim, in every era, and what /proc/PID/oom_score makes of them.

Source: mm/oom_kill.c:oom_badness(), fs/proc/base.c:proc_oom_score().
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from guardian.kernel.process import CAP_SYS_ADMIN, PF_EXITING, PF_KTHREAD, Process, ProcessMemory
from guardian.model.arithmetic import largest_with, tdiv
from guardian.model.badness_old import OOM_DISABLE, OldKernel, badness_24, badness_26
from guardian.model.domain import OomDomain
from guardian.model.era import Era

ADJ_MIN: Final = -1000
ADJ_MAX: Final = 1000
# Root's discount: 30 per mille of all memory in E3 and E4, 3 % of its own use in E5.
_ROOT_PERMILLE: Final = 30
_ROOT_PERCENT: Final = 3
_ROOT_COUNTS: Final = frozenset({Era.E3, Era.E4, Era.E5})
_INIT: Final = 1
_UNUSUAL: Final = PF_EXITING | PF_KTHREAD


class Terms(NamedTuple):
    """The sum that makes a badness, each addend in pages.

    `root_bonus` is what root was spared (never above 0), `adjustment` what oom_score_adj adds or takes.  `rounding` is what
    the era's limits and whole numbers add, so that all of them together make `badness`.
    """

    anon: int
    file: int
    shmem: int
    swap: int
    page_tables: int
    root_bonus: int
    adjustment: int
    rounding: int

    @property
    def memory(self) -> int:
        """Pages in use, before anything is added or taken."""
        return self.anon + self.file + self.shmem + self.swap + self.page_tables

    @property
    def badness(self) -> int:
        """The sum of all terms."""
        return self.memory + self.root_bonus + self.adjustment + self.rounding


def usage_pages(memory: ProcessMemory, page_size: int) -> int:
    """Pages that count: resident, swapped and page tables.

    Page tables are bytes and are cut to pages apart from the rest, as the kernel does.
    """
    return (memory.rss + memory.swap) // page_size + memory.page_tables // page_size


def privileged(process: Process) -> bool:
    """Whether E3 - E5 spare it as root: CAP_SYS_ADMIN, or uid 0 where the capabilities are unknown.

    The kernel asks in the first user namespace; root of a container counts here too, as /proc does not tell.
    """
    if process.cap_effective is None:
        return process.uid == 0
    return bool(process.cap_effective >> CAP_SYS_ADMIN & 1)


def is_init(process: Process) -> bool:
    """Whether it is the machine's init, whom the kernel scores 0; the pid 1 of a container has a score like anybody."""
    return process.key.pid == _INIT and not process.oom_score


# 2.6.36 - 3.4: per mille of all memory, never below 1 or above 1000.
def _permille(used: int, adjustment: int, total: int, root: bool) -> int:
    points = tdiv(used * 1000, total) - (_ROOT_PERMILLE if root else 0) + adjustment
    return min(max(points, 1), 1000)


# 3.5 - 3.13: root's discount is an adjustment.
def _root_adjusted(used: int, adjustment: int, total: int, root: bool) -> int:
    return max(used + (adjustment - (_ROOT_PERMILLE if root else 0)) * (total // 1000), 1)


# 3.14 - 4.16: root's discount is a share of its own use.
def _root_discounted(used: int, adjustment: int, total: int, root: bool) -> int:
    return max(used - (tdiv(used * _ROOT_PERCENT, 100) if root else 0) + adjustment * (total // 1000), 1)


# 4.17 - 5.8: nobody is root any more.
def _floored(used: int, adjustment: int, total: int, _root: bool) -> int:
    return max(used + adjustment * (total // 1000), 1)


# 5.9 and later: may be negative.
def _signed(used: int, adjustment: int, total: int, _root: bool) -> int:
    return used + adjustment * (total // 1000)


_FORMULAS: Mapping[Era, Callable[[int, int, int, bool], int]] = {
    Era.E3: _permille,
    Era.E4: _root_adjusted,
    Era.E5: _root_discounted,
    Era.E6: _floored,
    Era.E7: _floored,
    Era.E8: _signed,
    Era.E9: _signed,
}


def badness(
    process: Process,
    domain: OomDomain,
    era: Era,
    *,
    root: bool | None = None,
    old: OldKernel | None = None,
    children: Sequence[Process] = (),
) -> int | None:
    """The points of one process, in pages (E3: per mille of the domain); None where it can never be chosen.

    `root` says whether the era's discount for root applies, None asks `privileged`.  `old` and `children` matter in E1 and E2
    only; `old` is required there.  An unknown oom_score_adj counts as 0.  Raises ValueError.
    """
    if process.memory is None or process.kernel_thread:
        return None
    if era is Era.E1 or era is Era.E2:
        return _badness_before_rewrite(process, domain, era, old, children)
    adjustment = process.oom_score_adj or 0
    if is_init(process) or adjustment == ADJ_MIN:
        return None
    used = usage_pages(process.memory, domain.page_size)
    return _FORMULAS[era](used, adjustment, max(domain.total_pages, 1), privileged(process) if root is None else root)


def ordinary_points(domain: OomDomain, era: Era) -> Callable[[Process], int | None]:
    """`badness` for ordinary processes of one moment, made to be quick; the function gives None where it must be asked.

    Ordinary is one with memory that the kernel itself scores above 0 (so it is not init), neither exiting nor killed.
    """
    formula, page = _FORMULAS.get(era), domain.page_size
    total, root_counts = max(domain.total_pages, 1), era in _ROOT_COUNTS

    def points(process: Process) -> int | None:
        memory, adjustment = process.memory, process.oom_score_adj
        if (
            formula is None
            or memory is None
            or adjustment is None
            or adjustment == ADJ_MIN
            or not process.oom_score
            or process.flags & _UNUSUAL
            or process.kill_pending
        ):
            return None
        anon, file, shmem, swap, tables = memory
        used = (anon + file + shmem + swap) // page + tables // page
        return formula(used, adjustment, total, root_counts and privileged(process))

    return points


def _badness_before_rewrite(
    process: Process, domain: OomDomain, era: Era, old: OldKernel | None, children: Sequence[Process]
) -> int | None:
    if old is None:
        raise ValueError("the formulas before 2.6.36 need the uptime")
    if era is Era.E1:
        # Even init can be chosen in 2.4.
        return badness_24(process, domain.page_size, old)
    if is_init(process) or process.oom_adj == OOM_DISABLE:
        return None
    return badness_26(process, children, domain.page_size, old, domain.mems)


def oom_score(points: int | None, total_pages: int, era: Era) -> int | None:
    """What /proc/PID/oom_score prints for a badness over the machine's pages; `points` None means it is never chosen.

    None in E1, which had no such file.
    """
    if era is Era.E1:
        return None
    return 0 if points is None else score_scale(total_pages, era)(points)


def score_scale(total_pages: int, era: Era) -> Callable[[int], int]:
    """`oom_score` of known points for one machine, made to be quick; from 2.6 on."""
    if era is Era.E2 or era is Era.E3:
        return int
    total = max(total_pages, 1)
    if era is not Era.E8 and era is not Era.E9:
        return lambda points: tdiv(points * 1000, total)

    def score(points: int) -> int:
        if points >= 0:
            return (1000 + points * 1000 // total) * 2 // 3
        return tdiv((1000 + tdiv(points * 1000, total)) * 2, 3)

    return score


def badness_from_score(score: int, total_pages: int, era: Era) -> int:
    """About the badness that gives an oom_score, for a process whose memory may not be read; off by up to 0.15 % of all pages."""
    if era is Era.E8 or era is Era.E9:
        return tdiv((score * 3 - 2000) * total_pages, 2000)
    return score if era is Era.E2 or era is Era.E3 else tdiv(score * total_pages, 1000)


def whole_of(domain: OomDomain, era: Era) -> int:
    """The points that are all of the domain's memory: its pages, in E3 a thousand; a share is points of these."""
    return 1000 if era is Era.E3 else max(domain.total_pages, 1)


def terms(process: Process, domain: OomDomain, era: Era, *, root: bool | None = None) -> Terms | None:
    """The addends of a process's badness; None where it is never chosen, and in E1 and E2, whose points are no sum.

    In E3 the per mille are turned into pages.
    """
    if era is Era.E1 or era is Era.E2 or process.memory is None:
        return None
    points = badness(process, domain, era, root=root)
    if points is None:
        return None
    page, total, memory = domain.page_size, domain.total_pages, process.memory
    unit = total / 1000 if era is Era.E3 else total // 1000
    used = usage_pages(memory, page)
    bonus = _root_bonus(used, total, era) if (privileged(process) if root is None else root) else 0
    parts = Terms(
        memory.rss_anon // page, memory.rss_file // page, memory.rss_shmem // page, memory.swap // page,
        memory.page_tables // page, bonus, int((process.oom_score_adj or 0) * unit), 0,
    )  # fmt: skip
    wanted = tdiv(points * total, 1000) if era is Era.E3 else points
    return parts._replace(rounding=wanted - parts.badness)


def _root_bonus(used: int, total: int, era: Era) -> int:
    if era is Era.E3 or era is Era.E4:
        return -_ROOT_PERMILLE * (total // 1000)
    return -tdiv(used * _ROOT_PERCENT, 100) if era is Era.E5 else 0


def adjustment_for(target: int, process: Process, domain: OomDomain, era: Era) -> int | None:
    """The largest oom_score_adj above -1000 with which the process has at most `target` points; None where none is low enough.

    None too in E1 and E2, which had no oom_score_adj, and for those who are never chosen.
    """
    if era is Era.E1 or era is Era.E2:
        return None

    def low_enough(adjustment: int) -> bool:
        points = badness(process._replace(oom_score_adj=adjustment), domain, era)
        return points is not None and points <= target

    return largest_with(low_enough, ADJ_MIN + 1, ADJ_MAX)


def points_of(used: int, adjustment: int, total: int, era: Era, *, root: bool = False) -> int | None:
    """The points of `used` pages with an adjustment in a domain of `total` pages; None in E1 and E2, whose points need more.

    `root` says whether the era's discount for root applies.
    """
    formula = _FORMULAS.get(era)
    return None if formula is None else formula(used, adjustment, max(total, 1), root)
