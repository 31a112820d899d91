"""Page Settings: every setting of the schema with its meaning and default, kept as soon as it is changed."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from guardian.policy.setting_schema import GROUPS, SETTINGS, Setting
from guardian.policy.setting_values import Value, show_value
from guardian.policy.settings import DEFAULTS, Settings
from guardian.protocol.i18n import _, ngettext
from guardian.protocol.printable import printable
from guardian.ui.button import ActButton, Link
from guardian.ui.card import HeadedCard, Separator
from guardian.ui.channel_card import ChannelCard
from guardian.ui.drill_card import DrillCard
from guardian.ui.inputs import SearchField
from guardian.ui.page import Page
from guardian.ui.plain_scroll import PlainScroll
from guardian.ui.scheme import Scheme
from guardian.ui.setting_editors import SettingEditor
from guardian.ui.settings_keeper import KeeperThread
from guardian.ui.tokens import CARD_GAP, GAP, GAP_SMALL, GAP_TINY, PAGE_MARGIN
from guardian.ui.type_scale import TextRole
from guardian.ui.words import Words

APPEARANCE, LANGUAGE = "desktop.appearance", "desktop.language"
_MOST_WIDTH = 820
TEST_NOTIFICATION = "test_notification"


class SettingRow(QWidget):
    """One setting: title, meaning and default at the left, its field at the right, below what does not fit.

    `edited` carries key and value.
    """

    edited = Signal(str, object)

    def __init__(self, scheme: Scheme, setting: Setting, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setting = setting
        self.title = Words(scheme, _(setting.title))
        self.help = Words(scheme, _(setting.help), TextRole.NOTE, "text2")
        self.default = Words(scheme, "", TextRole.NOTE, "text3")
        self.complaint = Words(scheme, "", TextRole.NOTE, "critical")
        self.editor = SettingEditor(scheme, setting)
        self.back = Link(scheme, _("Use default"))
        self.back.setAccessibleName(_("Use default: {title}").format(title=_(setting.title)))
        self.title.setBuddy(self.editor.field)
        self.editor.field.setAccessibleDescription(_(setting.help))
        for words in (self.help, self.complaint):
            words.setWordWrap(True)
        self.complaint.hide()
        below = QHBoxLayout()
        below.setSpacing(GAP_SMALL)
        below.addWidget(self.default)
        below.addWidget(self.back)
        below.addStretch(1)
        left = QVBoxLayout()
        left.setSpacing(1)
        for widget in (self.title, self.help):
            left.addWidget(widget)
        left.addLayout(below)
        left.addWidget(self.complaint)
        across = QHBoxLayout(self)
        across.setContentsMargins(0, GAP_TINY, 0, GAP_TINY)
        across.setSpacing(GAP)
        across.addLayout(left, 1)
        across.addWidget(self.editor, 0, Qt.AlignmentFlag.AlignTop)
        self.editor.edited.connect(self._edited)
        self.editor.complained.connect(self.complain)
        self.back.clicked.connect(self._use_default)

    def show_settings(self, settings: Settings, *, read_only: bool) -> None:
        """Show the value that holds."""
        self.editor.show_value(settings.value(self.setting.key))
        self.default.show_text(_("Default: {value}").format(value=default_words(self.setting)))
        self.back.setVisible(self.setting.key in settings.chosen and not read_only)
        self.editor.setEnabled(not read_only)

    @Slot(str)
    def complain(self, text: str) -> None:
        """Say what does not fit, "" for nothing."""
        self.complaint.show_text(printable(text))
        self.complaint.setVisible(bool(text))

    @Slot(object)
    def _edited(self, value: Value) -> None:
        self.edited.emit(self.setting.key, value)

    @Slot()
    def _use_default(self) -> None:
        self.complain("")
        self.edited.emit(self.setting.key, self.setting.default)

    def matches(self, words: Sequence[str]) -> bool:
        """Whether all words are somewhere in what the row says."""
        said = " ".join((self.setting.key, _(self.setting.title), _(self.setting.help))).lower()
        return all(word in said for word in words)


def default_words(setting: Setting) -> str:
    """A setting's default as the page says it."""
    if setting.kind == "switch":
        return _("on") if setting.default else _("off")
    if setting.kind == "choice":
        return next((_(text) for value, text in setting.choices if value == setting.default), str(setting.default))
    return show_value(setting.kind, setting.default) or _("none")


class SettingGroup(HeadedCard):
    """The settings of one group; those for experts on demand."""

    def __init__(self, scheme: Scheme, heading: str, settings: Sequence[Setting], parent: QWidget | None = None) -> None:
        super().__init__(scheme, heading, parent=parent)
        self.rows = tuple(SettingRow(scheme, setting) for setting in settings)
        self._lines: list[Separator] = []
        self._all = False
        self._words: tuple[str, ...] = ()
        experts = sum(setting.expert for setting in settings)
        self._more = Link(scheme, ngettext("Show {count} more", "Show {count} more", experts).format(count=experts))
        self._fewer = _("Show fewer")
        self._more_words = self._more.text()
        if experts:
            self._more.clicked.connect(self._turn)
            self.add_link(self._more)
        for at, row in enumerate(self.rows):
            line = Separator(scheme)
            self._lines.append(line)
            self.body.addWidget(line)
            self.body.addWidget(row)
            line.setVisible(bool(at))
        self._sift()

    @Slot()
    def _turn(self) -> None:
        self._all = not self._all
        self._more.setText(self._fewer if self._all else self._more_words)
        self._more.updateGeometry()
        self.look_for(self._words)

    def look_for(self, words: Sequence[str]) -> bool:
        """Show only what matches; experts' settings are found too.  False where nothing does."""
        self._words = tuple(words)
        found = self._sift()
        self.setVisible(found)
        return found

    def _sift(self) -> bool:
        """Show the rows that match; whether there are any."""
        words = self._words
        any_before = False
        for line, row in zip(self._lines, self.rows, strict=True):
            fits = row.matches(words) and (bool(words) or self._all or not row.setting.expert)
            row.setVisible(fits)
            line.setVisible(fits and any_before)
            any_before = any_before or fits
        return any_before


class SettingsPage(Page):
    """Groups of the schema under a search field; `path` is the file, None for the user's own."""

    def __init__(self, scheme: Scheme, path: str | None = None, parent: QWidget | None = None) -> None:
        super().__init__(scheme, _("Settings"), parent)
        self.settings = DEFAULTS
        self._read_before = False
        self.keeping = KeeperThread(path, self)
        self.search = SearchField(scheme, _("Search settings"), "Ctrl+F")
        self.search.setAccessibleName(_("Search settings"))
        self.notice = Words(scheme, "", TextRole.BODY, "text")
        self.notice.setWordWrap(True)
        self.notice.hide()
        self.nothing = Words(scheme, "", TextRole.BODY, "text2")
        self.nothing.hide()
        self.groups = {
            name: SettingGroup(scheme, _(word), [setting for setting in SETTINGS if setting.group == name])
            for name, word in GROUPS
        }
        self.rows = {row.setting.key: row for group in self.groups.values() for row in group.rows}
        self.channels = ChannelCard(scheme)
        self.test = ActButton(scheme, _("Show a test notification"))
        self.drill = DrillCard(scheme)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        tests = QHBoxLayout()
        tests.setContentsMargins(0, GAP_TINY, 0, 0)
        tests.addWidget(self.test)
        tests.addStretch(1)
        self.groups["notifications"].body.addLayout(tests)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(CARD_GAP)
        for name, group in self.groups.items():
            column.addWidget(group)
            if name == "notifications":
                column.addWidget(self.channels)
        column.addWidget(self.drill)
        column.addWidget(self.nothing)
        column.addStretch(1)
        inside.setMaximumWidth(_MOST_WIDTH)
        self.scroller = PlainScroll(inside, takes_focus=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(PAGE_MARGIN, PAGE_MARGIN, PAGE_MARGIN, CARD_GAP)
        layout.setSpacing(CARD_GAP)
        self.search.setMaximumWidth(_MOST_WIDTH)
        for widget in (self.search, self.notice):
            layout.addWidget(widget)
        layout.addWidget(self.scroller, 1)

    def _connect(self) -> None:
        keeper = self.keeping.keeper
        keeper.read_back.connect(self._take)
        keeper.refused.connect(self._refuse)
        keeper.said.connect(self.status_said)
        for row in self.rows.values():
            row.edited.connect(self.keeping.change_asked)
        self.search.textChanged.connect(self._look_for)
        self.test.clicked.connect(self._test)
        for sequence, act in (("Ctrl+F", self.start_search), ("Esc", self.step_back)):
            shortcut = QShortcut(QKeySequence(sequence), self, act)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)

    @Slot(object, object, str)
    def _take(self, settings: Settings, complaints: Sequence[str], read_only: str) -> None:
        before, self.settings = self.settings, settings
        for row in self.rows.values():
            row.show_settings(settings, read_only=bool(read_only))
        self.notice.show_text("\n".join(printable(one) for one in (*((read_only,) if read_only else ()), *complaints)))
        self.notice.setVisible(bool(self.notice.text()))
        if settings.text(APPEARANCE) != before.text(APPEARANCE):
            self.scheme.force({"light": False, "dark": True}.get(settings.text(APPEARANCE)))
        if settings.text(LANGUAGE) != before.text(LANGUAGE) and self._read_before:
            self.language_wanted.emit(settings.text(LANGUAGE))
        self._read_before = True

    @Slot(str, str)
    def _refuse(self, key: str, reason: str) -> None:
        if key in self.rows:
            self.rows[key].complain(reason)

    @Slot(str)
    def _look_for(self, text: str) -> None:
        words = text.lower().split()
        found = [group.look_for(words) for group in self.groups.values()]
        found += [self.channels.look_for(words), self.drill.look_for(words)]
        self.test.setVisible(not words)
        self.nothing.show_text(_("No setting matches '{text}'.").format(text=printable(text.strip())))
        self.nothing.setVisible(not any(found))

    @Slot()
    def _test(self) -> None:
        self.act_wanted.emit(TEST_NOTIFICATION)

    @Slot()
    def start_search(self) -> None:
        """Put the cursor into the search field."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    @Slot()
    def step_back(self) -> None:
        """Clear the search."""
        self.search.clear()

    def measure_now(self) -> None:
        self.keeping.start()
        self.keeping.read_asked.emit()
        self.channels.refresh()

    def panes(self) -> tuple[QWidget, ...]:
        first, *others = self.groups.values()
        return (self.search, first, self.channels, *others, self.drill)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        # Other programs (the command line) may have changed the file meanwhile.
        QTimer.singleShot(0, self, self.measure_now)

    def resizeEvent(self, event: QResizeEvent) -> None:
        wide = min(_MOST_WIDTH, self.width() - 2 * PAGE_MARGIN)
        self.search.setFixedWidth(max(200, wide))
        super().resizeEvent(event)
