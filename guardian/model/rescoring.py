"""A kernel's choice made again from its own report: the same table, that era's formula, and who comes out first.

What a report leaves open (the era, the size of a page, the machine's memory, root's discount) is tried in every way that is
possible; only an answer that does not depend on it is given as certain.
Source: mm/oom_kill.c:select_bad_process(), dump_tasks(); mm/memcontrol.c:mem_cgroup_get_max().
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import product
from typing import NamedTuple

from guardian.kernel.errors import Unparsable
from guardian.kernel.oom_report import OomReport
from guardian.kernel.oom_table import TaskRow
from guardian.kernel.release import parse_release
from guardian.model.badness import ADJ_MIN, points_of
from guardian.model.era import Era
from guardian.model.history import Candidate, Rescored
from guardian.model.nodes import nodes_of
from guardian.model.probe import era_of_release
from guardian.protocol.i18n import _
from guardian.protocol.quantities import format_bytes

_PAGE_SIZES = (4096, 16384, 65536)
_DISCOUNTED = frozenset({Era.E3, Era.E4, Era.E5})
_LATER_ROW_WINS = frozenset({Era.E7, Era.E8, Era.E9})
# More pages than any machine has; with the fewest there can be these bound what is not known.
_MOST_PAGES = 1 << 36
# Between choice and table the others run on for some milliseconds.
_NEAR_BYTES = 1 << 20
_NEAR_SHARE = 0.005


class Setting(NamedTuple):
    """What a score depends on besides the row; `discount` is whether uid 0 was spared as root."""

    era: Era
    page_size: int
    total: int
    discount: bool


def rescore(report: OomReport, dead: Collection[int] = (), machine_swap: int | None = None) -> Rescored:
    """Choose again among the rows of a report.

    `dead` are pids that were killed shortly before and are passed over.  `machine_swap` is all swap in bytes where another
    report tells, None where none does.
    """
    refusal = _refusal(report)
    if refusal is not None:
        return Rescored(*refusal)
    settings = tuple(_settings(report, machine_swap))
    rows = _rows(report, dead)
    chosen = _chosen_row(report)
    if chosen is None:
        return _ranked_only(report, rows, settings[0], _("{name} is not in the table, so its rank cannot be told."))
    verdicts = {setting: _names(rows, setting, chosen) for setting in settings}
    agrees, why = _judged(verdicts, rows, chosen)
    used = next((setting for setting in settings if verdicts[setting] is agrees), settings[0])
    return Rescored(agrees, why, used.era, used.total, ranked(report, rows, used))


def rank_again(
    report: OomReport, adjustments: Mapping[int, int], more_bytes: int = 0, dead: Collection[int] = (), swap: int | None = None
) -> tuple[Candidate, ...]:
    """Who would have been first with other adjustments by pid, or with so many bytes of memory or swap more; the past unchanged.

    Empty where the report has no table that can be scored.  With more memory the kill might not have come at all; this says
    whom it would have met when it came.
    """
    if report.table is None or not report.table.known or not eras_of(report):
        return ()
    setting = next(_settings(report, swap))
    rows = [row._replace(oom_score_adj=adjustments[row.pid]) if row.pid in adjustments else row for row in report.table.rows]
    setting = setting._replace(total=setting.total + more_bytes // setting.page_size)
    return ranked(report, [row for row in rows if row.pid not in dead], setting)


def ranked(report: OomReport, rows: Sequence[TaskRow], setting: Setting) -> tuple[Candidate, ...]:
    """The rows in the order in which the killer would take them, then those it never takes."""
    ended = {kill.pid for kill in report.kills}
    scored = _ordered(rows, setting)
    places = {id(row): at for at, (row, points) in enumerate(scored, 1) if points is not None}
    return tuple(
        Candidate(
            places.get(id(row)), row.pid, row.name, points, row.rss * setting.page_size,
            None if row.swap_entries is None else row.swap_entries * setting.page_size, row.oom_score_adj, row.pid in ended,
        )
        for row, points in scored
    )  # fmt: skip


def pages_of(row: TaskRow, page_size: int) -> int:
    """Pages of a row that count: resident, swapped and page tables."""
    tables = row.page_table_pages if row.page_table_bytes is None else row.page_table_bytes // page_size
    return row.rss + (row.swap_entries or 0) + (tables or 0)


def eras_of(report: OomReport) -> tuple[Era, ...]:
    """The eras that a report may be of: by its release, else by the columns of its table and its kill lines; may be empty."""
    if report.release is not None:
        return _eras_of_release(report.release)
    columns = report.table.columns if report.table else ()
    early = any(kill.score is not None for kill in report.kills)
    late = any(kill.page_tables is not None for kill in report.kills)
    if "rss_anon" in columns:
        return (Era.E8,)
    if "pgtables_bytes" in columns:
        return (Era.E6, Era.E5) if early else (Era.E8, Era.E7) if late else (Era.E8, Era.E7, Era.E6, Era.E5)
    if "nr_pmds" in columns:
        return (Era.E5,)
    if "nr_ptes" in columns:
        return (Era.E4, Era.E5)
    return (Era.E3,) if "oom_score_adj" in columns else ()


def _eras_of_release(text: str) -> tuple[Era, ...]:
    """The era of a release; several for Red Hat's, which carry parts of later ones back."""
    try:
        enterprise = parse_release(text).enterprise
    except Unparsable:
        return (Era.E8, Era.E7)
    era = era_of_release(text)
    if enterprise == 7:
        return (Era.E4, Era.E5)
    if enterprise == 8:
        return (Era.E6, Era.E7, Era.E8)
    return () if era is Era.E1 or era is Era.E2 else (era,)


def _refusal(report: OomReport) -> tuple[bool | None, str] | None:
    """Why a report cannot be scored, None where it can."""
    table = report.table
    if not report.kills:
        return None, _("The report names nobody who was ended.")
    if report.allocating_task:
        return None, _("The kernel was set to end whoever asks for memory (oom_kill_allocating_task), so points did not count.")
    if table is None:
        return None, _("The log has no table of processes, so the choice cannot be checked.")
    if not table.known:
        return None, _("The table has columns that no released kernel prints, so its numbers are not used.")
    if not table.whole:
        return None, _("Some rows of the table cannot be read, so the choice cannot be checked.")
    if not eras_of(report):
        return None, _("Kernels before 2.6.36 scored by time and size, which the log does not tell.")
    memory = report.memory
    swapped = memory is None or memory.swap_total is None or memory.swap_free != memory.swap_total
    if "swapents" not in table.columns and swapped:
        return None, _("The table does not tell what is in swap, which counts too, so the choice cannot be checked.")
    return None


def _settings(report: OomReport, machine_swap: int | None) -> Iterator[Setting]:
    """All that a report leaves open, the likeliest first."""
    sizes = (report.page_size,) if report.page_size else _PAGE_SIZES
    rows = report.table.rows if report.table else ()
    for era, size in product(eras_of(report), sizes):
        spared = era in _DISCOUNTED and any(row.uid == 0 for row in rows)
        for total, discount in product(_totals(report, size, machine_swap), (True, False) if spared else (False,)):
            yield Setting(era, size, total, discount)


def _totals(report: OomReport, page_size: int, machine_swap: int | None) -> tuple[int, ...]:
    """The T that adjustments scale with; its bounds where the report does not tell it."""
    memory = report.memory
    told = memory.swap_total if memory is not None and memory.swap_total is not None else machine_swap
    swap = None if told is None else told // page_size
    if memory is None:
        return _bounds(1)
    if report.constraint == "memcg":
        return _group_totals(report, page_size, swap)
    ram = _ram_pages(report, page_size)
    if ram is None:
        return _bounds(1)
    return _bounds(ram) if swap is None else (ram + swap,)


def _bounds(least: int) -> tuple[int, int]:
    return least, _MOST_PAGES


def _ram_pages(report: OomReport, page_size: int) -> int | None:
    """Pages of RAM that a global or node-bound choice divides by."""
    memory = report.memory
    if memory is None:
        return None
    nodes = nodes_of(report.nodemask if report.constraint == "mempolicy" and report.nodemask else report.mems_allowed or "")
    if report.constraint in {"cpuset", "mempolicy"} and nodes is not None:
        present = [zone.sizes.get("present", 0) for zone in memory.zones if zone.node in nodes]
        others = any(zone.node not in nodes for zone in memory.zones)
        if others and any(present):
            return sum(present) // page_size
    return None if memory.ram_pages is None else memory.ram_pages - (memory.reserved_pages or 0)


def _group_totals(report: OomReport, page_size: int, swap: int | None) -> tuple[int, ...]:
    """The T of a memory cgroup: its limit and the swap that it may use."""
    group = report.memory.group if report.memory else None
    if group is None or group.limit is None:
        return _bounds(1)
    limit = group.limit // page_size
    if group.both_limit is not None:
        allowed: int | None = max(0, group.both_limit - group.limit) // page_size
    else:
        allowed = None if group.swap_limit is None else group.swap_limit // page_size
    if allowed == 0 or swap == 0:
        return (limit,)
    if swap is not None:
        return (limit + (swap if allowed is None else min(swap, allowed)),)
    # How much swap the machine had is not told: none, or as much as is allowed.
    return limit, limit + (_MOST_PAGES if allowed is None else allowed)


def _rows(report: OomReport, dead: Collection[int]) -> list[TaskRow]:
    """The rows that were looked at; those killed before are still listed while they die."""
    now = {kill.pid for kill in report.kills}
    rows = report.table.rows if report.table else ()
    return [row for row in rows if row.pid in now or row.pid not in dead]


def _chosen_row(report: OomReport) -> TaskRow | None:
    """The row of the one whose points were the highest, though a child or another thread may have died."""
    kill, rows = report.kills[0], report.table.rows if report.table else ()
    wanted = [pid for pid in (kill.chosen_pid, kill.pid) if pid is not None]
    for pid in wanted:
        for row in rows:
            if pid in (row.pid, row.tgid):
                return row
    return None


def _ordered(rows: Sequence[TaskRow], setting: Setting) -> list[tuple[TaskRow, int | None]]:
    """Rows with their points, the killer's order; those that it never takes last, without points."""
    era, sign = setting.era, -1 if setting.era in _LATER_ROW_WINS else 1
    scored: list[tuple[tuple[bool, int, int], TaskRow, int | None]] = []
    for at, row in enumerate(rows):
        adjustment = row.oom_score_adj or 0
        points = None
        if adjustment != ADJ_MIN:
            used = pages_of(row, setting.page_size)
            points = points_of(used, adjustment, setting.total, era, root=setting.discount and row.uid == 0)
        scored.append(((points is None, -(points or 0), sign * at), row, points))
    scored.sort(key=lambda one: one[0])
    return [(row, points) for _order, row, points in scored]


def _names(rows: Sequence[TaskRow], setting: Setting, chosen: TaskRow) -> bool:
    """Whether the one that was chosen comes out first, or shares its memory with who does."""
    first, points = _ordered(rows, setting)[0]
    return points is not None and (first.pid == chosen.pid or _one_memory(first, chosen))


def _one_memory(a: TaskRow, b: TaskRow) -> bool:
    """Whether two rows seem to be of one address space: as when a child waits in vfork(), whom the kernel passes over."""
    return a.total_vm == b.total_vm and a.oom_score_adj == b.oom_score_adj and _memory_of(a) == _memory_of(b)


def _memory_of(row: TaskRow) -> tuple[int | None, ...]:
    return row.rss, row.swap_entries, row.page_table_bytes, row.page_table_pages


def _judged(verdicts: Mapping[Setting, bool], rows: Sequence[TaskRow], chosen: TaskRow) -> tuple[bool | None, str]:
    """What all possible settings together say."""
    # Whether uid 0 was root of the machine, or of a container and not spared, is no fault of the formula.
    lenient = {setting[:3]: False for setting in verdicts}
    for setting, right in verdicts.items():
        lenient[setting[:3]] |= right
    first_setting = next(iter(verdicts))
    order = _ordered(rows, first_setting)
    if all(lenient.values()):
        return True, _agreeing(order, chosen, first_setting)
    if any(lenient.values()):
        return None, _("The log does not name the kernel or the memory exactly enough to tell whether {name} was first.").format(
            name=chosen.name
        )
    top, most = order[0]
    mine = next((points for row, points in order if row.pid == chosen.pid), None)
    if mine is None or most is None:
        return False, _("{name} could not be chosen by its adjustment, yet it was ended.").format(name=chosen.name)
    gap, size = most - mine, first_setting.page_size
    if gap * size <= max(_NEAR_BYTES, _NEAR_SHARE * abs(mine) * size):
        return None, _("Too near to tell: {first} had {gap} more points than {name} when the table was written.").format(
            first=top.name, gap=format_bytes(gap * size), name=chosen.name
        )
    return False, _("By its own table the kernel should have ended {first} ({first_pid}): {gap} more points than {name}.").format(
        first=top.name, first_pid=top.pid, gap=format_bytes(gap * size), name=chosen.name
    )


def _agreeing(order: Sequence[tuple[TaskRow, int | None]], chosen: TaskRow, setting: Setting) -> str:
    mine = next((points for row, points in order if row.pid == chosen.pid), None)
    rival = next(((row, points) for row, points in order if row.pid != chosen.pid and points is not None), None)
    if rival is None or mine is None:
        return _("{name} was the only one to choose.").format(name=chosen.name)
    ahead = max(0, mine - (rival[1] or 0)) * (1 if setting.era is Era.E3 else setting.page_size)
    words = _("{ahead} per mille") if setting.era is Era.E3 else "{ahead}"
    lead = words.format(ahead=ahead if setting.era is Era.E3 else format_bytes(ahead))
    return _("Ranked again, {name} is first, {lead} of points ahead of {second}.").format(
        name=chosen.name, lead=lead, second=rival[0].name
    )


def _ranked_only(report: OomReport, rows: Sequence[TaskRow], setting: Setting, why: str) -> Rescored:
    name = report.kills[0].chosen_name or report.kills[0].name
    return Rescored(None, why.format(name=name), setting.era, setting.total, ranked(report, rows, setting))
