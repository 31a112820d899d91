"""In which order, nesting and selection the processes of a snapshot are shown.  Pure but for its own memory."""

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple

from guardian.fields import BY_NAME, Field
from guardian.kernel.process import ProcessKey
from guardian.model.victim import Victim
from guardian.ui.columns import BAR, DEFAULT_SORT, RANK
from guardian.ui.process_line import Surroundings, row_for
from guardian.ui.process_tree import (
    AppNames,
    Arrangement,
    LineId,
    Place,
    gather_groups,
    lay_out_groups,
    lay_out_tree,
    sum_group,
)
from guardian.ui.victims_filter import SearchTexts, VictimsFilter, matcher

_KEY = attrgetter("process.key")
# Sorted by these, the killer's own order holds, ties included.
_KILLERS_ORDER = frozenset({DEFAULT_SORT, BAR, RANK})


class Order(NamedTuple):
    """What the user asked for: the column to sort by, the arrangement, and which processes are wanted."""

    sort: str = DEFAULT_SORT
    descending: bool = True
    arrangement: Arrangement = Arrangement.PROCESSES
    wanted: VictimsFilter = VictimsFilter()


class Laid(NamedTuple):
    """The lines to show: victims by line, in order; `places` by line; `living` has every line of the snapshot, shown or not."""

    shown: Mapping[LineId, Victim]
    places: Mapping[LineId, Place]
    living: Mapping[LineId, Victim]


class ProcessOrder:
    """Lays snapshots out as wanted; remembers which branches are closed and which groups open."""

    def __init__(self) -> None:
        self.order = Order()
        self._closed: set[LineId] = set()
        self._opened: set[LineId] = set()
        self._app_names = AppNames()
        self._texts = SearchTexts()

    def set_open(self, line_id: LineId, *, is_open: bool) -> None:
        """Open or close what lies below a line; branches begin open, groups closed."""
        if is_open:
            self._closed.discard(line_id)
            self._opened.add(line_id)
        else:
            self._opened.discard(line_id)
            self._closed.add(line_id)

    def lay_out(self, victims: Sequence[Victim], around: Surroundings) -> Laid:
        """The victims of a snapshot, which come in the killer's order, as wanted."""
        living: dict[LineId, Victim] = _by_key(victims)
        self._texts.forget_all_but(living)
        wanted = None if self.order.wanted.wants_all else self._matcher(around)
        if self.order.arrangement is Arrangement.TREE:
            layout = lay_out_tree(self._sorted(victims, around), wanted, self._closed)
            return Laid({line_id: living[line_id] for line_id in layout.ids}, layout.places, living)
        chosen = victims if wanted is None else [victim for victim in victims if wanted(victim)]
        if self.order.arrangement is Arrangement.BY_APP:
            return self._by_app(chosen, living, around)
        if wanted is None and self._as_given:
            return Laid(living, {}, living)
        return Laid(_by_key(self._sorted(chosen, around)), {}, living)

    @property
    def _as_given(self) -> bool:
        """Whether the killer's own order is what is wanted."""
        return self.order.sort in _KILLERS_ORDER and self.order.descending == (self.order.sort != RANK)

    def _matcher(self, around: Surroundings) -> Callable[[Victim], bool]:
        commands = {key: extras.command_line for key, extras in around.extras.items() if extras.command_line}
        return matcher(self.order.wanted, self._texts, commands)

    def _by_app(self, chosen: Sequence[Victim], living: dict[LineId, Victim], around: Surroundings) -> Laid:
        groups = gather_groups(chosen, self._app_names)
        heads: dict[LineId, Victim] = {}
        for victim in chosen:
            name = self._app_names.name_of(victim.process)
            if name not in groups:
                heads[victim.process.key] = victim
            elif name not in heads:
                heads[name] = sum_group(name, groups[name])
        ordered = self._sorted_heads(heads, groups, around)
        layout = lay_out_groups(ordered, groups, self._opened, lambda members: self._sorted(members, around))
        living.update(heads)
        return Laid({line_id: living[line_id] for line_id in layout.ids}, layout.places, living)

    def _sorted_heads(
        self, heads: Mapping[LineId, Victim], groups: Mapping[LineId, tuple[Victim, ...]], around: Surroundings
    ) -> list[LineId]:
        if self._as_given:
            return list(heads)
        by_key = {victim.process.key: line_id for line_id, victim in heads.items()}
        members = {victim.process.key: groups[line_id] for line_id, victim in heads.items() if line_id in groups}
        ordered = self._sorted(list(heads.values()), around, members)
        return [by_key[victim.process.key] for victim in ordered]

    def _sorted(
        self,
        victims: Sequence[Victim],
        around: Surroundings,
        members: Mapping[ProcessKey, tuple[Victim, ...]] | None = None,
    ) -> Sequence[Victim]:
        """Victims by the wanted column: equal ones by PID, unknown values last whichever way it goes."""
        if self._as_given:
            return victims
        if self.order.sort in _KILLERS_ORDER:
            ranked = [victim for victim in victims if victim.rank is not None]
            return ranked[::-1] + [victim for victim in victims if victim.rank is None]
        return _sort_by_value(victims, BY_NAME[self.order.sort], self.order.descending, around, members or {})


def _by_key(victims: Sequence[Victim]) -> dict[LineId, Victim]:
    return dict(zip(map(_KEY, victims), victims, strict=True))


def _sort_by_value(
    victims: Sequence[Victim],
    field: Field,
    descending: bool,
    around: Surroundings,
    members: Mapping[ProcessKey, tuple[Victim, ...]],
) -> list[Victim]:
    unknown, numbers, texts = [], [], []
    for victim in victims:
        value = field.value(row_for(victim, around, members.get(victim.process.key, ())))
        if value is None:
            unknown.append(victim)
        elif isinstance(value, str):
            texts.append((value.casefold(), victim.process.pid, victim))
        else:
            numbers.append((value, victim.process.pid, victim))
    for known in (numbers, texts):
        known.sort(key=_second)
        known.sort(key=_first, reverse=descending)
    return [entry[2] for entry in numbers] + [entry[2] for entry in texts] + unknown


def _first(entry: tuple[float | str, int, Victim]) -> float | str:
    return entry[0]


def _second(entry: tuple[float | str, int, Victim]) -> int:
    return entry[1]
