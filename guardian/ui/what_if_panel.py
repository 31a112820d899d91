"""What if its adjustment were another: a slider, a sentence, and the list that would result.  Nothing is changed."""

from PySide6.QtCore import QSignalBlocker, Slot
from PySide6.QtWidgets import QWidget

from guardian.protocol.i18n import _, sentences
from guardian.sampling.snapshot import Snapshot
from guardian.ui.adjust_slider import LEAST, MOST, AdjustSlider
from guardian.ui.card import HeadedCard
from guardian.ui.inputs import NumberField
from guardian.ui.process_line import Line
from guardian.ui.scheme import Scheme
from guardian.ui.type_scale import TextRole
from guardian.ui.what_if_list import WhatIfList, WhatIfModel
from guardian.ui.what_if_ranking import rerank, shortened, threshold_words
from guardian.ui.words import Words


class WhatIfPanel(HeadedCard):
    """Follows the selected line: shows its own adjustment until another one is tried, and ranks anew with that."""

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(scheme, _("What if its adjustment were"), "", parent)
        self._line: Line | None = None
        self._snapshot: Snapshot | None = None
        self._tried = False
        self.field = NumberField(scheme, LEAST, MOST)
        self.field.setSingleStep(10)
        self.field.setAccessibleName(_("Adjustment to try, as a number"))
        self.slider = AdjustSlider(scheme)
        self.sentence = Words(scheme, "", TextRole.NOTE, "text2")
        self.sentence.setWordWrap(True)
        self.model = WhatIfModel(self)
        self.list = WhatIfList(scheme, self.model)
        # An empty note would take room from the heading.
        self.note.hide()
        self.add_to_head(self.field)
        self.body.addWidget(self.slider)
        self.body.addWidget(self.sentence)
        self.body.addWidget(self.list, 1)
        self.slider.valueChanged.connect(self._slide)
        self.field.valueChanged.connect(self._type)
        self.list.room_changed.connect(self._show)
        self._show()

    @property
    def value(self) -> int:
        """The adjustment that is tried."""
        return self.slider.value()

    def show_line(self, line: Line | None, snapshot: Snapshot | None) -> None:
        """Follow a line and a snapshot; another line begins at its own adjustment."""
        if line is not None and (line.key is None or line.ended):
            line = None
        if (line.id if line else None) != (self._line.id if self._line else None):
            self._tried = False
        self._line, self._snapshot = line, snapshot
        now = line.victim.process.oom_score_adj if line else None
        if not self._tried:
            self._set(now or 0)
        self.slider.show_now(now)
        self._show()

    def _set(self, value: int) -> None:
        """Show a value on both without taking it for a wish."""
        with QSignalBlocker(self.slider), QSignalBlocker(self.field):
            self.slider.setValue(value)
            self.field.setValue(value)
        self.slider.update()

    @Slot(int)
    def _slide(self, value: int) -> None:
        self._tried = True
        self._set(value)
        self._show()

    @Slot(int)
    def _type(self, value: int) -> None:
        self._tried = True
        self._set(value)
        self._show()

    @Slot()
    def _show(self) -> None:
        line, snapshot = self._line, self._snapshot
        enabled = line is not None and snapshot is not None
        self.slider.setEnabled(enabled)
        self.field.setEnabled(enabled)
        places = rerank(snapshot, line.key, self.value) if line is not None and line.key is not None and snapshot else None
        if places is None or line is None or line.key is None or snapshot is None:
            self.sentence.show_text(_("Select a process that runs to try another adjustment."))
            self.model.show_places((), None, 4096)
            return
        self.sentence.show_text(sentences(threshold_words(snapshot, line.key), _("The list above is unchanged.")))
        self.model.show_places(shortened(places, line.key, self.list.rows_that_fit()), line.key, snapshot.domain.page_size)
