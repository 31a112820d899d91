"""What is on trial, how long it lasts, and the two ways out: keep it, or go back now."""

import os
from collections.abc import Sequence

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QWidget

from guardian.adapters.setting_trials import PendingTrial
from guardian.policy.acts import SettleOrder
from guardian.policy.knob_words import show_value
from guardian.policy.knobs import BY_KEY
from guardian.protocol.i18n import _, sentences
from guardian.ui.button import ActButton, Look
from guardian.ui.card import Card
from guardian.ui.mark import Mark
from guardian.ui.scheme import Scheme
from guardian.ui.tokens import GAP, GAP_SMALL
from guardian.ui.type_scale import TextRole
from guardian.ui.words import Words

_TICK_MS = 500


def trial_words(trials: Sequence[PendingTrial]) -> str:
    """Such as "vm.swappiness is 100. It goes back to 60 in 52 s."."""
    parts = []
    for trial in trials:
        knob, change = BY_KEY[trial.change.key], trial.change
        parts.append(
            _("{key} is {now}. It goes back to {before} in {count} s.").format(
                key=knob.key,
                now=show_value(knob, change.now),
                before=show_value(knob, change.before),
                count=round(trial.seconds_left),
            )
        )
    return sentences(*parts)


class TrialBar(Card):
    """Counts down; `settled` brings a SettleOrder, `ended` tells that a trial is over."""

    settled = Signal(object)
    ended = Signal()

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(scheme, parent)
        self.setAccessibleName(_("On trial"))
        self.trials: tuple[PendingTrial, ...] = ()
        self.words = Words(scheme, "", TextRole.HEADING)
        self.words.setWordWrap(True)
        self.keep = ActButton(scheme, _("Keep"), Look.MAIN)
        self.back = ActButton(scheme, _("Go back now"))
        row = QHBoxLayout()
        row.setSpacing(GAP_SMALL)
        row.addWidget(Mark(scheme, "undo", colour="text"))
        row.addWidget(self.words, 1)
        row.addWidget(self.keep)
        row.addWidget(self.back)
        self.body.setContentsMargins(GAP, GAP_SMALL - 4, GAP, GAP_SMALL - 4)
        self.body.addLayout(row)
        self.keep.clicked.connect(self._keep)
        self.back.clicked.connect(self._back)
        self._clock = QTimer(self)
        self._clock.setInterval(_TICK_MS)
        self._clock.timeout.connect(self._tick)
        self.hide()

    def show_trials(self, trials: tuple[PendingTrial, ...], *, busy: bool) -> None:
        """Show what is on trial; hidden where nothing is.  Only whoever began it may keep it."""
        self.trials = trials
        own = all(trial.uid == os.geteuid() for trial in trials)
        self.keep.setEnabled(own and not busy)
        self.back.setEnabled(not busy)
        self.setVisible(bool(trials))
        if trials:
            self._clock.start()
            self._tick()
        else:
            self._clock.stop()

    @Slot()
    def _tick(self) -> None:
        self.words.show_text(trial_words(self.trials))
        if self.trials and min(trial.seconds_left for trial in self.trials) <= 0:
            self._clock.setInterval(2 * _TICK_MS)
            self.ended.emit()
        else:
            self._clock.setInterval(_TICK_MS)

    @Slot()
    def _keep(self) -> None:
        self._settle(keep=True)

    @Slot()
    def _back(self) -> None:
        self._settle(keep=False)

    def _settle(self, *, keep: bool) -> None:
        changes = tuple(change for trial in self.trials for change in trial.changes)
        label = ", ".join(trial.change.key for trial in self.trials)
        self.settled.emit(SettleOrder(label, changes, keep))
