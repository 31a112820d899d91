"""The menus of page Victims: of a row, and of the table."""

from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from guardian.fields import COLUMNS
from guardian.protocol.i18n import _
from guardian.ui.columns import BAR, NAME, default_columns, head_name


def row_menu(parent: QWidget, acts: Mapping[str, Callable[[], None]], refusals: Mapping[str, str]) -> QMenu:
    """The menu of the selected rows.  `refusals` has the reason for each act that cannot be done now."""
    menu = QMenu(parent)
    menu.setAccessibleName(_("Selected process"))
    for name, word, key in (
        ("details", _("Details"), "Return"),
        ("copy_row", _("Copy row"), "Ctrl+C"),
        ("copy_pid", _("Copy PID"), "Ctrl+Shift+C"),
        ("", "", ""),
        ("protect", _("Protect…"), "Ctrl+Shift+P"),
        ("sacrifice", _("Sacrifice"), "Ctrl+Shift+S"),
        ("reset", _("Reset"), ""),
        ("freeze", _("Freeze or continue"), "Ctrl+Shift+F"),
        ("limit", _("Limit…"), "Ctrl+Shift+L"),
        ("swap_out", _("Move unused to swap"), "Ctrl+Shift+M"),
        ("end", _("End…"), "Ctrl+T"),
        ("force", _("Force end…"), "Ctrl+K"),
        ("", "", ""),
        ("undo", _("Undo"), "Ctrl+Z"),
    ):
        if not name:
            menu.addSeparator()
            continue
        action = menu.addAction(word)
        action.setShortcut(QKeySequence(key))
        # The page's own shortcuts do the work; here the key is only to be seen.
        action.setShortcutVisibleInContextMenu(True)
        action.setEnabled(name not in refusals and name in acts)
        if name in acts:
            action.triggered.connect(partial(_call, acts[name]))
    reasons = [reason for reason in dict.fromkeys(refusals.values()) if reason]
    if reasons:
        menu.addSeparator()
        for reason in reasons:
            menu.addAction(reason).setEnabled(False)
    return menu


def table_menu(
    parent: QWidget,
    shown: tuple[str, ...],
    sort: tuple[str, bool],
    choose_columns: Callable[[tuple[str, ...]], None],
    sort_by: Callable[[str, bool], None],
) -> QMenu:
    """The menu of the table: its columns, and what it is sorted by, for those who use no pointer."""
    menu = QMenu(parent)
    menu.setAccessibleName(_("Table"))
    columns = menu.addMenu(_("Columns"))
    for field in COLUMNS:
        action = columns.addAction(head_name(field) if field.name != BAR else _("Points, as a bar"))
        action.setCheckable(True)
        action.setChecked(field.name in shown)
        action.setEnabled(field.name != NAME)
        action.setToolTip(_(field.hint) if field.hint else "")
        action.triggered.connect(partial(_toggle_column, shown, field.name, choose_columns))
    columns.addSeparator()
    columns.addAction(_("Usual columns")).triggered.connect(partial(_call, partial(choose_columns, default_columns())))
    sorting = menu.addMenu(_("Sort by"))
    for field in COLUMNS:
        if field.name in shown and field.name != BAR:
            action = sorting.addAction(head_name(field))
            action.setCheckable(True)
            action.setChecked(field.name == sort[0])
            action.triggered.connect(partial(_call, partial(sort_by, field.name, field.align != "left")))
    sorting.addSeparator()
    turned = sorting.addAction(_("Other way round"))
    turned.triggered.connect(partial(_call, partial(sort_by, sort[0], not sort[1])))
    return menu


def _call(act: Callable[[], None], *_checked: bool) -> None:
    act()


def _toggle_column(shown: tuple[str, ...], name: str, choose: Callable[[tuple[str, ...]], None], *_checked: bool) -> None:
    choose(tuple(each for each in shown if each != name) if name in shown else (*shown, name))
