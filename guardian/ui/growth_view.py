"""Who grows steadily: one small picture each, all alike, what is known of it, and on demand what grows inside."""

from PySide6.QtCore import QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QWidget

from guardian.adapters.growth_history import INSIDE_SECONDS
from guardian.kernel.process import ProcessKey
from guardian.model.grower_search import TOLD_AFTER, GrowerSearch, SteadyGrower
from guardian.model.mapping_growth import InsideLook
from guardian.policy.growth_words import growth_sentence, inside_sentence, mapping_name, span_words, story_sentence
from guardian.protocol.i18n import _, ngettext, sentences
from guardian.protocol.quantities import format_bytes, format_duration, format_mib
from guardian.ui.button import Link
from guardian.ui.card import HeadedCard
from guardian.ui.chart_card import ChartCard
from guardian.ui.growth_chart import GrowthChart
from guardian.ui.growth_reader import GrowthThread
from guardian.ui.scheme import Scheme
from guardian.ui.text_table import TextCell, TextColumn, TextModel, TextTable
from guardian.ui.tokens import CARD_GAP, GAP, GAP_SMALL
from guardian.ui.type_scale import TextRole
from guardian.ui.words import Words

MOST = 6
_LEAST_WIDTH, _HEIGHT = 320, 260
_REFRESH_MS = 30_000


class GrowerPanel(ChartCard):
    """One grower: its picture, its sentence, its story.  `inside_wanted` asks for a look inside it, with its ProcessKey."""

    inside_wanted = Signal(object)
    show_wanted = Signal(object)

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        self.growth_chart = GrowthChart(scheme)
        super().__init__(scheme, self.growth_chart, _("MiB more"), parent)
        self.grower: SteadyGrower | None = None
        self.sentence = Words(scheme, "", TextRole.NOTE)
        self.story = Words(scheme, "", TextRole.NOTE, "text2")
        self.inside, self.where = Link(scheme, _("What grows inside")), Link(scheme, _("Show in Victims"))
        for words in (self.sentence, self.story):
            words.setWordWrap(True)
            words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self.body.addWidget(words)
        row = QHBoxLayout()
        row.setSpacing(GAP)
        row.addWidget(self.inside)
        row.addWidget(self.where)
        row.addStretch(1)
        self.body.addLayout(row)
        self.inside.clicked.connect(self._ask)
        self.where.clicked.connect(self._show_process)
        self.setMinimumHeight(_HEIGHT)

    @property
    def key(self) -> ProcessKey | None:
        """The process it shows; None for an application."""
        who = self.grower.subject if self.grower is not None else None
        if who is None or who.pid is None or who.start_ticks is None:
            return None
        return ProcessKey(who.pid, who.start_ticks)

    def show_grower(self, grower: SteadyGrower, room: int | None) -> None:
        """Show a grower; `room` in bytes, where it is known."""
        self.grower = grower
        self.growth_chart.show_grower(grower)
        heading = self.growth_chart.heading
        self.heading.show_text(heading)
        self.setAccessibleName(heading)
        self.sentence.show_text(growth_sentence(grower, room))
        story = story_sentence(grower)
        self.story.show_text(story)
        self.story.setVisible(bool(story))
        for link in (self.inside, self.where):
            link.setVisible(self.key is not None)
            link.setAccessibleDescription(heading)
        self.refresh_table()

    @Slot()
    def _ask(self) -> None:
        self.inside_wanted.emit(self.key)

    @Slot()
    def _show_process(self) -> None:
        self.show_wanted.emit(self.key)


class InsideCard(HeadedCard):
    """What grows inside one process: a sentence, and a row for each kind of memory that grew."""

    closed = Signal()

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(scheme, _("What grows inside"), "", parent)
        self.key: ProcessKey | None = None
        self.words = Words(scheme, "", TextRole.BODY)
        self.words.setWordWrap(True)
        head = (
            TextColumn(_("Kind of memory"), 0),
            TextColumn(_("Pieces"), 64, right=True),
            TextColumn(_("Holds, MiB"), 88, right=True),
            TextColumn(_("Grew by"), 88, right=True),
        )
        self.model = TextModel(head, self)
        self.table = TextTable(scheme, self.model, _("What grows inside"))
        self.body.addWidget(self.words)
        self.body.addWidget(self.table)
        close = Link(scheme, _("Close"))
        close.clicked.connect(self.closed)
        self.add_link(close)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def show_waiting(self, key: ProcessKey, name: str, seconds: float) -> None:
        """Say that a look has begun."""
        self.key = key
        self.note.show_text(name)
        self.words.show_text(_("Looking for {time}.").format(time=format_duration(seconds)))
        self.model.show_rows(())
        self.table.hide()

    def show_look(self, look: InsideLook | str) -> None:
        """Show what was found, or why nothing was."""
        if isinstance(look, str):
            self.words.show_text(look)
            return
        none = "" if look.growing else _("No kind of its memory grew.")
        self.words.show_text(sentences(inside_sentence(look), none))
        self.model.show_rows(
            [
                (
                    TextCell(mapping_name(row.name)),
                    TextCell(str(row.mappings), quiet=True),
                    TextCell(format_mib(row.held), quiet=True),
                    TextCell(format_bytes(row.grown, sign=True)),
                )
                for row in look.growing
            ]
        )
        self.table.setVisible(bool(look.growing))


class GrowthView(HeadedCard):
    """All steady growers.  It asks by itself while it is shown; `show_wanted` asks for a process among the victims."""

    show_wanted = Signal(object)

    def __init__(self, scheme: Scheme, root: str = "/", parent: QWidget | None = None) -> None:
        super().__init__(scheme, _("Who grows steadily"), "", parent)
        self._room: int | None = None
        self._search: GrowerSearch | None = None
        self.reading = GrowthThread(root, self)
        self.words = Words(scheme, _("Reading the history"), TextRole.BODY, "text2")
        self.words.setWordWrap(True)
        self.inside = InsideCard(scheme)
        self.panels: list[GrowerPanel] = []
        self._grid = QGridLayout()
        self._grid.setSpacing(CARD_GAP)
        self._columns = 0
        self.body.addWidget(self.words)
        self.body.addSpacing(GAP_SMALL)
        self.body.addLayout(self._grid)
        self.body.addSpacing(GAP_SMALL)
        self.body.addWidget(self.inside)
        self.inside.hide()
        self.inside.closed.connect(self._close_inside)
        self._clock = QTimer(self)
        self._clock.setInterval(_REFRESH_MS)
        self._clock.timeout.connect(self.reload)
        reader = self.reading.reader
        reader.found.connect(self.show_search)
        reader.failed.connect(self.words.show_text)
        reader.looked.connect(self._take_look)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    # Asking

    @Slot()
    def reload(self) -> None:
        """Search the history again."""
        self.reading.start()
        self.reading.read_wanted.emit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._clock.start()
        self.reload()

    def hideEvent(self, event: QHideEvent) -> None:
        self._clock.stop()
        super().hideEvent(event)

    @Slot(object)
    def look_inside(self, key: ProcessKey) -> None:
        """Begin to look inside a process."""
        name = next((panel.growth_chart.heading for panel in self.panels if panel.key == key), str(key.pid))
        self.inside.show_waiting(key, name, INSIDE_SECONDS)
        self.inside.show()
        self.reading.reader.cancel()
        self.reading.start()
        self.reading.look_wanted.emit(key)

    @Slot()
    def _close_inside(self) -> None:
        self.reading.reader.cancel()
        self.inside.hide()

    @Slot(object, object)
    def _take_look(self, key: ProcessKey, look: object) -> None:
        if key == self.inside.key and isinstance(look, InsideLook | str):
            self.inside.show_look(look)

    # Showing

    def show_room(self, room: int) -> None:
        """Reckon with this room, in bytes."""
        self._room = room

    @Slot(object, float)
    def show_search(self, search: GrowerSearch, now: float) -> None:
        """Show what a search found; nothing old is shown as of now."""
        self._search = search
        growers = search.growers[:MOST] if search.fresh(now) else ()
        while len(self.panels) < len(growers):
            panel = GrowerPanel(self.scheme)
            panel.inside_wanted.connect(self.look_inside)
            panel.show_wanted.connect(self.show_wanted)
            self.panels.append(panel)
            self._columns = 0
        for at, panel in enumerate(self.panels):
            panel.setVisible(at < len(growers))
            if at < len(growers):
                panel.show_grower(growers[at], self._room)
        self.words.show_text(search_words(search, now))
        self._arrange()

    def _arrange(self) -> None:
        """Lay the panels out in as many columns as have room."""
        columns = max(1, min(3, (self.width() - 2 * GAP + CARD_GAP) // (_LEAST_WIDTH + CARD_GAP)))
        if columns == self._columns:
            return
        self._columns = columns
        for at, panel in enumerate(self.panels):
            self._grid.addWidget(panel, at // columns, at % columns)
        for column in range(3):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def minimumSizeHint(self) -> QSize:
        return QSize(_LEAST_WIDTH, super().minimumSizeHint().height())


def search_words(search: GrowerSearch, now: float) -> str:
    """What a search comes to, in a sentence or two."""
    if search.newest is None:
        return _("The agent has kept no sizes yet. While it runs, it notes them each minute.")
    if not search.fresh(now):
        ago = span_words(now - search.newest)
        return _("The last kept sizes are {time} old: the agent does not run.").format(time=ago)
    watched = ngettext(
        "{count} program or application was watched for up to {time}.",
        "{count} programs and applications were watched for up to {time}.",
        search.looked_at,
    ).format(count=search.looked_at, time=span_words(search.seconds))
    young = ""
    if search.seconds < TOLD_AFTER:
        young = _("What grows can be told from what only starts after about {time}.").format(time=format_duration(TOLD_AFTER))
    count = len(search.growers)
    if not count:
        return sentences(_("Nothing grows steadily."), watched, young)
    words = ngettext("{count} grows steadily.", "{count} grow steadily.", count).format(count=count)
    more = _("The fastest {most} are shown.").format(most=MOST) if count > MOST else ""
    return sentences(words, more, watched)
