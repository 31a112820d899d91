"""What the agent says on the desktop, and what it does when somebody answers."""

import time
from collections.abc import Callable

from jeepney import Message

from guardian.adapters.agent_service import ActRefused
from guardian.adapters.agent_values import BusDict
from guardian.adapters.notifications import Notifier
from guardian.adapters.window_start import WindowStart
from guardian.cli.agent_relief import Relief
from guardian.model.history import Kill
from guardian.model.verdict import Verdict
from guardian.policy.episodes import (
    Notice,
    Silence,
    Told,
    frozen_notice,
    kill_notice,
    plan_episode,
    sample_notice,
    swapped_notice,
    thawed_notice,
)
from guardian.policy.headline import state_word
from guardian.policy.relief import Frozen
from guardian.policy.settings import DEFAULTS, Settings
from guardian.protocol.agent import LONGEST_SNOOZE
from guardian.protocol.i18n import _

_EPISODE, _KILL, _RELIEF, _TEST = "episode", "kill", "relief", "test"
_PAGES = {"details": "now", "end": "victims", "protect": "victims", "history": "history", "": "now"}


class Notices:
    """Decides each tick what is shown; acts on what people press.  `settings` may be replaced between ticks."""

    def __init__(self, send: Callable[[Message], int | None], window: WindowStart, say: Callable[[str], None]) -> None:
        self.notifier = Notifier(send, self._acted, self._closed)
        self._window, self._say = window, say
        self.settings: Settings = DEFAULTS
        self.relief: Relief | None = None
        self._told: Told | None = None
        self._quiet_until: float | None = None
        self._room = 0

    def tick(self, verdict: Verdict) -> None:
        """Show, update or close the message of the present episode."""
        now = time.monotonic()
        self._room = verdict.room
        relief = self.relief
        frozen = relief.frozen if relief is not None else ()
        may = bool(relief is not None and verdict.growers and relief.may_freeze(verdict.growers[0].key))
        silence = Silence(self._quiet_until, self.notifier.inhibited)
        before = self._told
        self._told, step = plan_episode(
            before,
            verdict,
            now,
            self.settings,
            silence,
            frozen,
            may_freeze=may,
            may_swap_out=bool(relief is not None and frozen and relief.may_swap_out(frozen[0])),
        )
        if step.show is not None:
            if before is None or before.state is not verdict.state:
                self._say(f"{state_word(verdict.state)}: {step.show.summary}")
            self.notifier.show(_EPISODE, step.show)
        elif step.close:
            self.notifier.close(_EPISODE)

    def killed(self, kill: Kill) -> None:
        """Somebody was ended: say who, by whom and why."""
        if self.settings.switch("notifications.enabled") and self.settings.switch("notifications.kills"):
            self.notifier.show(_KILL, kill_notice(kill))

    def froze(self, entry: Frozen, by_rule: bool) -> None:
        """A program stands still: a visible reminder, with the way back."""
        if self.settings.switch("notifications.enabled"):
            may = self.relief is not None and self.relief.may_swap_out(entry)
            self.notifier.show(_RELIEF, frozen_notice(entry, by_rule=by_rule, may_swap_out=may))

    def swapped_out(self, entry: Frozen, words: str) -> None:
        """Its memory was moved to swap, or was not: say what came of it."""
        if self.settings.switch("notifications.enabled"):
            self.notifier.show(_RELIEF, swapped_notice(entry, words))

    def thawed(self, entry: Frozen, by_itself: bool) -> None:
        """It goes on."""
        if by_itself and self.settings.switch("notifications.enabled"):
            self.notifier.show(_RELIEF, thawed_notice(entry, self._room))
        else:
            self.notifier.close(_RELIEF)

    def snooze(self, seconds: int) -> tuple[()]:
        """Hold warnings back for so long; 0 ends that.  Raises ActRefused."""
        if seconds > LONGEST_SNOOZE:
            raise ActRefused(_("Not done: Quiet lasts a day at most, {seconds} s.").format(seconds=LONGEST_SNOOZE))
        self._quiet_until = time.monotonic() + seconds if seconds else None
        if seconds and self._told is not None and self._told.notice.urgency < 2:
            self.notifier.close(_EPISODE)
        return ()

    def test(self) -> tuple[bool]:
        """Show the self-test's message; whether there was a bus to send it to."""
        return (self.notifier.show(_TEST, sample_notice()),)

    def own_keys(self) -> BusDict:
        """What property State says of Quiet."""
        left = 0 if self._quiet_until is None else max(0, round(self._quiet_until - time.monotonic()))
        return {"quiet_seconds": ("u", left)}

    def _acted(self, act: str, notice: Notice, token: str) -> None:
        relief = self.relief
        if act in {"freeze", "thaw", "swap_out"} and relief is not None and notice.key is not None:
            try:
                {"freeze": relief.freeze, "thaw": relief.thaw, "swap_out": relief.swap_out}[act](*notice.key)
            except ActRefused as refused:
                self._say(str(refused))
        elif act == "quiet":
            self.snooze(int(self.settings.number("notifications.quiet")))
        else:
            self._window.open(_PAGES.get(act, notice.page) if act else notice.page, token)

    def _closed(self, slot: str, _notice: Notice) -> None:
        if slot == _EPISODE and self._told is not None:
            self._told = self._told._replace(dismissed=True)
