"""The selected setting: its picture, what a value would do here, and the try."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from guardian.model.verdict import State
from guardian.policy.acts import SettingOrder
from guardian.policy.advice import Kind
from guardian.policy.knob_effect import Effect, Grade, gravest, predict
from guardian.policy.knobs import number_of
from guardian.policy.machine_profile import MachineProfile
from guardian.policy.setting_changes import Write, plan_writes
from guardian.policy.setting_rows import SettingRow, boot_words, usual_words
from guardian.protocol.i18n import _, sentences
from guardian.ui.button import RING, ActButton, Link, Look
from guardian.ui.card import HeadedCard, Separator
from guardian.ui.chart_card import ChartCard
from guardian.ui.commit_chart import CommitChart
from guardian.ui.mark import Mark
from guardian.ui.ratio_row import RatioRow
from guardian.ui.scheme import Scheme
from guardian.ui.setting_editors import Switch
from guardian.ui.tokens import GAP_SMALL, GAP_TINY
from guardian.ui.type_scale import TextRole
from guardian.ui.wish_editor import WishEditor
from guardian.ui.words import Words

TRY_SECONDS = 60
_MODE, _RATIO = "vm.overcommit_memory", "vm.overcommit_ratio"
_PICTURED = (_MODE, _RATIO, "vm.overcommit_kbytes")
_SHAPES: dict[Grade, State | str] = {Grade.FINE: "check", Grade.CAREFUL: State.WARNING, Grade.REFUSED: State.CRITICAL}
_ADVICE_SHAPES = {Kind.KEEP: "check", Kind.CHANGE: "add"}


class SettingCard(HeadedCard):
    """Follows the selected row; `ordered` brings a SettingOrder, `how_wanted` asks how the helper is installed."""

    ordered = Signal(object)
    how_wanted = Signal()

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(scheme, _("Setting"), "", parent)
        self.row: SettingRow | None = None
        self._profile: MachineProfile | None = None
        self._helper = self._busy = self._pending = False
        self._edited = False
        self.chart = CommitChart(scheme)
        self.picture = ChartCard(scheme, self.chart)
        self.ratio = RatioRow(scheme)
        self.advice = Words(scheme, "", TextRole.BODY, "text2")
        self.about, self.source = Words(scheme, "", TextRole.BODY, "text2"), Words(scheme, "", TextRole.NOTE, "text2")
        self.mark = Mark(scheme, "", drop=2)
        self.says, self.why = Words(scheme, "", TextRole.HEADING), Words(scheme, "", TextRole.BODY, "text2")
        self.editor = WishEditor(scheme)
        self.attempt = ActButton(scheme, _("Try for {count} s").format(count=TRY_SECONDS), Look.PLAIN)
        self.lasting = Switch(scheme, _("Keep it after a restart too"))
        self.terms = Words(scheme, "", TextRole.NOTE, "text2")
        self.how = Link(scheme, _("How to install"))
        self._turner = Link(scheme, _("Table"))
        self._lay_out()
        self.editor.edited.connect(self._edit)
        self.ratio.moved.connect(self._edit)
        self.attempt.clicked.connect(self._order)
        self.how.clicked.connect(self.how_wanted)
        self._turner.clicked.connect(self.picture.turn)
        self.picture.turned.connect(self._name_turner)

    def _lay_out(self) -> None:
        self.picture.set_bare(bare=True)
        self.lasting.setChecked(True)
        self.add_link(self._turner)
        for words in (self.about, self.advice, self.source, self.says, self.why, self.terms):
            words.setWordWrap(True)
        self.source.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        effect = QHBoxLayout()
        effect.setSpacing(GAP_SMALL)
        effect.addWidget(self.mark, 0, Qt.AlignmentFlag.AlignTop)
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(self.says)
        texts.addWidget(self.why)
        effect.addLayout(texts, 1)
        self._tries = QWidget()
        row = QHBoxLayout(self._tries)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP_SMALL - RING)
        row.addWidget(self.editor)
        row.addWidget(self.attempt)
        row.addWidget(self.lasting)
        row.addWidget(Words(self.scheme, _("after a restart too"), TextRole.NOTE, "text2"))
        row.addStretch(1)
        below = QHBoxLayout()
        below.addWidget(self.terms, 1)
        below.addWidget(self.how)
        self.body.addWidget(self.about)
        self.body.addSpacing(GAP_TINY)
        self.body.addWidget(self.advice)
        self.body.addWidget(self.picture)
        self.body.addWidget(self.ratio)
        self.body.addSpacing(GAP_TINY)
        self.body.addWidget(Separator(self.scheme))
        self.body.addSpacing(GAP_TINY)
        self.body.addLayout(effect)
        self.body.addSpacing(GAP_TINY)
        self.body.addWidget(self.source)
        self.body.addStretch(1)
        self.body.addWidget(self._tries)
        self.body.addLayout(below)

    # What comes in

    def show_row(self, row: SettingRow | None, profile: MachineProfile | None) -> None:
        """Show a setting of a machine; what is being edited stays while it is the same setting."""
        other = (row.knob.key if row else None) != (self.row.knob.key if self.row else None)
        self.row, self._profile = row, profile
        if row is None or profile is None:
            return
        if other:
            self._begin(row)
        if not self._edited:
            self._begin_values(row, profile)
        advice = _("Advice: {words}. {reason}").format(words=row.advice.words, reason=row.advice.reason)
        self.advice.show_text(advice)
        self.source.show_text(sentences(boot_words(row), usual_words(row)))
        self._show()

    def show_profile(self, profile: MachineProfile) -> None:
        """Follow the machine's memory while the settings are the same."""
        if self._profile is not None and self.isVisible():
            self._profile = profile
            self._show()

    def show_stand(self, *, helper: bool, busy: bool, pending: bool) -> None:
        """Whether there is a helper, an order is being carried out, and something is on trial."""
        self._helper, self._busy, self._pending = helper, busy, pending
        self._show()

    def _begin(self, row: SettingRow) -> None:
        """Turn to another setting."""
        self._edited = False
        pictured = row.knob.key in _PICTURED and row.value is not None
        self.heading.show_text(row.knob.key)
        self.note.show_text(_(row.knob.about))
        self.setAccessibleName(row.knob.key)
        self.picture.setVisible(pictured)
        self.ratio.setVisible(pictured and row.knob.key in (_MODE, _RATIO))
        self._turner.setVisible(pictured)
        self.about.setVisible(not pictured)
        self.advice.setVisible(not pictured)
        self.about.show_text(_(row.knob.text))
        self._tries.setVisible(row.knob.settable and row.value is not None)
        # The slider beside it is the field of the ratio.
        self.editor.setVisible(row.knob.key != _RATIO)

    def _begin_values(self, row: SettingRow, profile: MachineProfile) -> None:
        """Begin at what is advised; for the mode at the one whose limit the picture is about."""
        commit = profile.commit
        self.ratio.set_value(commit.facts.ratio, commit.least_ratio)
        if not row.knob.settable or not isinstance(row.value, int):
            return
        wished = row.advice.value if isinstance(row.advice.value, int) else row.value
        if row.knob.key == _MODE and row.advice.kind is not Kind.CHANGE:
            wished = 2
        if row.knob.key == _RATIO and isinstance(row.advice.value, int):
            self.ratio.set_value(row.advice.value, commit.least_ratio)
        old = row.knob.key == "vm.swappiness" and profile.release < (5, 8)
        self.editor.show_knob(row.knob, wished, 100 if old else None)

    # What is wished

    @Slot()
    def _edit(self) -> None:
        self._edited = True
        self._show()

    def wishes(self) -> tuple[Write, ...]:
        """The writes that are wished, in a safe order; none where all is so already."""
        row, profile = self.row, self._profile
        if row is None or profile is None or not row.knob.settable or row.value is None:
            return ()
        wished = [Write(row.knob.key, self.ratio.value if row.knob.key == _RATIO else self.editor.value)]
        facts = profile.commit.facts
        if row.knob.key == _MODE and self.editor.value == 2 and self.ratio.value != facts.ratio:
            wished.append(Write(_RATIO, self.ratio.value))
        differing = [write for write in wished if number_of(write.key, profile.settings) != write.value]
        return plan_writes(differing, profile.settings)

    @Slot()
    def _order(self) -> None:
        writes = self.wishes()
        if writes:
            label = ", ".join(write.key for write in writes)
            self.ordered.emit(SettingOrder(label, writes, self.lasting.isChecked(), TRY_SECONDS))

    def forget_wish(self) -> None:
        """What was wished is done: follow the machine again."""
        self._edited = False

    # What is shown

    @Slot()
    def _show(self) -> None:
        row, profile = self.row, self._profile
        if row is None or profile is None:
            return
        commit = profile.commit
        self.chart.show_commit(commit, self.ratio.value, guesses=profile.release < (5, 2))
        self.picture.refresh_table()
        wishes = self.wishes()
        effects = predict(wishes, profile)
        grade = gravest(effects)
        if effects:
            self._say(_SHAPES[grade], effects)
        else:
            self.mark.show_shape(_ADVICE_SHAPES.get(row.advice.kind, ""))
            self.mark.setVisible(bool(self.mark.shape))
            # Beside a picture there is no room for a paragraph of advice; here it has one.
            pictured = row.knob.key in _PICTURED
            first = row.advice.words if pictured else row.meaning
            self.says.show_text(_("{sentence}.").format(sentence=first[:1].upper() + first[1:]))
            self.why.show_text(row.advice.reason if pictured else "")
            self.why.setVisible(pictured)
        refused = grade is Grade.REFUSED
        self.attempt.setEnabled(bool(wishes) and not refused and self._helper and not self._busy and not self._pending)
        self.how.setVisible(row.knob.settable and not self._helper)
        self.terms.show_text(self._note(row, wishes=bool(wishes), refused=refused, least=commit.least_ratio))

    def _say(self, shape: State | str, effects: tuple[Effect, ...]) -> None:
        self.mark.show_shape(shape)
        self.mark.show()
        self.says.show_text(sentences(*(effect.says for effect in effects)))
        self.why.show_text(sentences(*(effect.why for effect in effects)))
        self.why.setVisible(bool(self.why.text()))

    def _note(self, row: SettingRow, *, wishes: bool, refused: bool, least: int | None) -> str:
        """What goes with the try, and why it is not offered."""
        if row.value is None or not row.knob.settable:
            return "" if row.value is None else _("Explained here, not set: it is no setting that sysctl knows.")
        if not self._helper:
            return _("The helper is not installed, so settings cannot be tried here.")
        if self._pending:
            return _("Decide first on what is on trial.")
        if not wishes:
            return _("It has this value already.")
        back = _("Goes back by itself unless you keep it.")
        if not refused:
            return back
        if row.knob.key in (_MODE, _RATIO) and least is not None:
            return sentences(back, _("Not offered below {count} %.").format(count=least))
        return sentences(back, _("This value is not offered."))

    @Slot()
    def _name_turner(self) -> None:
        self._turner.setText(_("Chart") if self.picture.shows_table else _("Table"))
        self._turner.updateGeometry()

    def focus_editor(self) -> None:
        """Put the focus into the field of the value."""
        if self.ratio.isVisible() and self.editor.isHidden():
            self.ratio.slider.setFocus()
        else:
            self.editor.focus()
