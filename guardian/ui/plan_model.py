"""The table of plans: whom, what is wished, and what the machine says when read back."""

from collections.abc import Sequence

from PySide6.QtCore import QObject

from guardian.policy.protection import PlanRow, title_of
from guardian.protocol.i18n import _
from guardian.protocol.printable import printable
from guardian.protocol.quantities import UNKNOWN, format_adjustment, format_bytes
from guardian.ui.plan_words import held_words, lasts_words, matches_words, wish_words
from guardian.ui.table_rows import NOWHERE, Column, RowsModel

TITLE, MATCHES, WISH, ADJUST, OOMD, ON_KILL, RESERVED, HELD, LASTS = range(9)


def _columns() -> tuple[Column, ...]:
    return (
        Column(_("Plan for"), 136),
        Column(_("Matches"), 200),
        Column(_("Wish"), 96),
        Column(_("Adjust"), 64, right=True),
        Column("systemd-oomd", 104),
        Column(_("On kill"), 84, spared=True),
        Column(_("Reserved"), 88, right=True, spared=True),
        Column(_("Held"), 104),
        Column(_("Lasts"), 112),
    )


class PlanModel(RowsModel[PlanRow]):
    """Plans in their own order; rows are kept by the plan's id, so that the selection stays."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(_columns(), parent)

    def show_rows(self, rows: Sequence[PlanRow]) -> None:
        """Show these plans: what is gone goes, what is new comes, the rest changes in place."""
        wanted = [row.id for row in rows]
        for at in range(len(self.rows) - 1, -1, -1):
            if self.rows[at].id not in wanted:
                self.beginRemoveRows(NOWHERE, at, at)
                self.rows = self.rows[:at] + self.rows[at + 1 :]
                self.endRemoveRows()
        for at, row in enumerate(rows):
            if at < len(self.rows) and self.rows[at].id == row.id:
                self._change(at, row)
                continue
            self._take_out(row.id)
            self.beginInsertRows(NOWHERE, at, at)
            self.rows = (*self.rows[:at], row, *self.rows[at:])
            self.endInsertRows()

    def _take_out(self, row_id: str) -> None:
        old = self.row_of(row_id)
        if old is not None:
            self.beginRemoveRows(NOWHERE, old, old)
            self.rows = self.rows[:old] + self.rows[old + 1 :]
            self.endRemoveRows()

    def _change(self, at: int, row: PlanRow) -> None:
        if self.rows[at] != row:
            before = self.texts(at)
            self.rows = (*self.rows[:at], row, *self.rows[at + 1 :])
            if before != self.texts(at):
                self.tell_changed(at, at)

    def row_of(self, row_id: str) -> int | None:
        """Where a plan stands, None where it is not there."""
        return next((at for at, row in enumerate(self.rows) if row.id == row_id), None)

    def text(self, row: PlanRow, column: int) -> str:
        wish = row.wish
        if column == ADJUST:
            return UNKNOWN if row.adj is None else format_adjustment(row.adj)
        if column == RESERVED:
            return UNKNOWN if wish.memory_low is None else format_bytes(wish.memory_low)
        texts = {
            TITLE: printable(title_of(row)),
            MATCHES: matches_words(row),
            WISH: wish_words(row),
            OOMD: wish.managed_oom_preference or UNKNOWN,
            ON_KILL: wish.oom_policy or UNKNOWN,
            HELD: held_words(row),
            LASTS: lasts_words(row),
        }
        return texts[column]
