"""Page Now: how much room is left, what memory consists of, where it went, and whom each killer would end next."""

import time
from collections.abc import Mapping, Sequence

from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from guardian.adapters.agent_values import FrozenProgram
from guardian.kernel.process import ProcessKey
from guardian.model.verdict import Grower, State, Verdict
from guardian.policy.headline import first_to_act
from guardian.protocol.i18n import _, sentences
from guardian.protocol.printable import printable
from guardian.sampling.history import History, point_of
from guardian.sampling.snapshot import Snapshot
from guardian.ui.banner import Banner
from guardian.ui.button import Look
from guardian.ui.chart_files import save_chart
from guardian.ui.composition_card import CompositionCard
from guardian.ui.grower_card import GrowthTrail
from guardian.ui.killer_cards import OTHER_KILLERS
from guardian.ui.now_cards import NowCards
from guardian.ui.page import Page
from guardian.ui.scheme import Scheme
from guardian.ui.tokens import CARD_GAP, PAGE_MARGIN
from guardian.ui.verdict_words import banner_words, frozen_words, measuring_words, silent_words

# One minute more than the charts show, so that a curve reaches their left edge.
POINTS = 660
_MOST_ACTS = 3
_DANGER = frozenset((State.WARNING, State.CRITICAL))


class NowPage(Page):
    """The first page: the state first, then what it is made of."""

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(scheme, _("Now"), parent)
        self._history = History(POINTS)
        self._trail = GrowthTrail()
        self._snapshot: Snapshot | None = None
        self._verdict: Verdict | None = None
        self._frozen: tuple[FrozenProgram, ...] = ()
        self._paused = False
        self._narrow = False
        self._unseen = 0
        self.banner = Banner(scheme)
        self.banner.act_wanted.connect(self._act)
        self.composition = CompositionCard(scheme, self._history)
        self.cards = NowCards(scheme, self._history)
        self.cards.killers.why_wanted.connect(self._explain)
        self.cards.growers.grower_chosen.connect(self.show_wanted)
        for chart in (self.composition.bar, self.cards.area.area, self.cards.room_chart):
            chart.pause_wanted.connect(self._turn_pause)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(PAGE_MARGIN, PAGE_MARGIN, PAGE_MARGIN, CARD_GAP)
        layout.setSpacing(CARD_GAP)
        layout.addWidget(self.banner)
        row = QHBoxLayout()
        row.addWidget(self.composition)
        layout.addLayout(row)
        layout.addWidget(self.cards, 1)
        # While nothing comes, the banner counts the seconds.
        self._silence = QTimer(self)
        self._silence.setInterval(1000)
        self._silence.timeout.connect(self._show_banner)
        self._show_banner()

    # What comes in

    def remember(self, snapshot: Snapshot) -> None:
        last = self._history.last()
        if last is None or last.monotonic != snapshot.sample.monotonic:
            self._history.add(snapshot)
            self._trail.add(snapshot)
            self._unseen += 1

    def show_snapshot(self, snapshot: Snapshot) -> None:
        self.remember(snapshot)
        if self._paused or (self._silent and self._snapshot is not None):
            return
        if self._unseen > 1:
            self.cards.area.area.paint_anew()
        self._unseen = 0
        first = self._snapshot is None
        self._snapshot = snapshot
        self.composition.show_snapshot(snapshot, faded=self._silent)
        self.cards.add(point_of(snapshot))
        if snapshot.victims:
            names = {victim.process.name for victim in snapshot.victims}
            self.cards.killers.show_running(frozenset(names.intersection(OTHER_KILLERS)))
        self.cards.growers.show_growers(self._verdict, snapshot, self._trail)
        if first:
            self._show_banner()

    def show_verdict(self, verdict: Verdict | None) -> None:
        self._verdict = verdict
        if self._paused:
            return
        silent = self._silent
        if silent != self._silence.isActive():
            (self._silence.start if silent else self._silence.stop)()
        at = verdict.time if verdict is not None and silent else None
        self.cards.fade(at)
        if self._snapshot is not None:
            self.composition.show_snapshot(self._snapshot, faded=silent)
        self.cards.show_verdict(verdict)
        self.cards.growers.show_growers(verdict, self._snapshot, self._trail)
        self._show_banner()

    def show_frozen(self, frozen: Sequence[FrozenProgram]) -> None:
        self._frozen = tuple(frozen)
        self._show_banner()

    @property
    def _silent(self) -> bool:
        return self._verdict is not None and self._verdict.state is State.NO_DATA

    def set_paused(self, paused: bool) -> None:
        self._paused = paused
        self.status_said.emit(_("Paused") if paused else "")
        if not paused:
            self.show_verdict(self._verdict)

    @Slot()
    def _turn_pause(self) -> None:
        self.set_paused(not self._paused)

    # The banner

    @Slot()
    def _show_banner(self) -> None:
        verdict = self._verdict
        if verdict is None:
            self.banner.show_words(State.NO_DATA, measuring_words())
        elif verdict.state is State.NO_DATA:
            acts = (("start_agent", _("Start the agent"), Look.MAIN), ("measure_here", _("Measure here"), Look.PLAIN))
            self.banner.show_words(State.NO_DATA, silent_words(max(0.0, time.time() - verdict.time), verdict.time), acts)
        else:
            words = banner_words(verdict)
            words = words._replace(why=sentences(words.why, frozen_words(self._frozen)))
            self.banner.show_words(verdict.state, words, self._acts(verdict))

    def _acts(self, verdict: Verdict) -> tuple[tuple[str, str, Look], ...]:
        """From warning on what can be done: to whoever grows the act that can be undone first, to whom it would hit the last."""
        acts: list[tuple[str, str, Look]] = []
        if verdict.state not in _DANGER:
            if self._frozen:
                acts.append(("thaw", _("Continue {name}").format(name=printable(self._frozen[0].name)), Look.MAIN))
            return (*acts, *self._swap_act())
        grower = self._grower(verdict)
        if grower is not None:
            name = printable(grower.name)
            acts.append(("freeze", _("Freeze {name}").format(name=name), Look.MAIN))
            acts.append(("end", _("End {name}…").format(name=name), Look.DANGER))
        acts += self._swap_act()
        if _threatened(verdict) is not None:
            acts.append(("protect", _("Protect…"), Look.PLAIN))
        return tuple(acts[:_MOST_ACTS])

    def _grower(self, verdict: Verdict) -> Grower | None:
        """The fastest that does not stand still already."""
        frozen = {one.key for one in self._frozen}
        return next((one for one in verdict.growers if one.key not in frozen), None)

    def _swap_act(self) -> tuple[tuple[str, str, Look], ...]:
        """Where something stands still and there is swap: what it holds can make room, and nothing is lost by it."""
        swap_free = self._snapshot.sample.memory.swap_free if self._snapshot is not None else None
        if not self._frozen or not swap_free:
            return ()
        return (("swap_out", _("Move {name} to swap").format(name=printable(self._frozen[0].name)), Look.PLAIN),)

    @Slot(str)
    def _act(self, name: str) -> None:
        verdict = self._verdict
        grower = self._grower(verdict) if verdict is not None else None
        if name in {"freeze", "end"} and grower is not None:
            self.process_act_wanted.emit(name, grower.key)
        elif name in {"thaw", "swap_out"} and self._frozen:
            self.process_act_wanted.emit(name, self._frozen[0].key)
        elif verdict is not None and name == "protect":
            self.process_act_wanted.emit(name, _threatened(verdict))
        else:
            self.act_wanted.emit(name)

    @Slot()
    def _explain(self) -> None:
        self.page_wanted.emit("victims")

    # The page itself

    def splitters(self) -> Mapping[str, QSplitter]:
        return self.cards.splitters()

    def panes(self) -> tuple[QWidget, ...]:
        return (self.banner, self.composition, *self.cards.panes())

    def export(self) -> None:
        save_chart(self.cards.chart_in_front(), "CSV")

    def fit(self, *, narrow: bool) -> None:
        if narrow != self._narrow:
            self._narrow = narrow
            self.composition.set_narrow(narrow=narrow)
            self.cards.set_narrow(narrow=narrow)


def _threatened(verdict: Verdict) -> ProcessKey | None:
    """The process that would be ended first, unless it is the very one that grows; None where a whole group would be."""
    first = first_to_act(verdict)
    key = first.key if first is not None else None
    return None if verdict.growers and key == verdict.growers[0].key else key
