"""Keeps the user's own lasting rules, which only raise: at each look at the table it writes what differs, and only that.

What its program set again, and what the kernel refused, is remembered and left alone; a rule that insists sets the first of
these each time, though not oftener than once a minute.
"""

import os
import time
from collections.abc import Callable, Sequence

from guardian.adapters.adjuster import Adjuster, NotAdjusted
from guardian.adapters.subjects import Subjects
from guardian.adapters.user_rules import UserRuleFile
from guardian.kernel.process import Process, ProcessKey
from guardian.policy.pins import Keeper, Pin, Plan, plan_adjustments, plans

_STATES_GONE = "ZX"
_INSIST_SECONDS = 60.0


class OwnRules:
    """Applies one user's rules to that user's processes; `say` hears once of each thing that goes wrong."""

    def __init__(
        self,
        say: Callable[[str], None],
        file: UserRuleFile | None = None,
        adjuster: Adjuster | None = None,
        uid: int | None = None,
    ) -> None:
        self._say = say
        self._file = file or UserRuleFile()
        self._adjuster = adjuster or Adjuster()
        self._uid = os.getuid() if uid is None else uid
        self._subjects = Subjects()
        self._tried: dict[ProcessKey, int] = {}
        self._impossible: dict[ProcessKey, int] = {}
        self._written: dict[ProcessKey, float] = {}
        self._said: tuple[str, ...] = ()

    def apply(self, processes: Sequence[Process]) -> int:
        """Write what rules still ask for; how many processes were changed."""
        found = self._file.read()
        if found.complaints != self._said:
            self._said = found.complaints
            for complaint in found.complaints:
                self._say(complaint)
        if not found.rules:
            return 0
        own = [one for one in processes if one.uid == self._uid and one.state not in _STATES_GONE]
        self._forget({one.key for one in own})
        pins = [Pin(rule, Keeper.AGENT) for rule in found.rules]
        wished = plans(pins, own, self._subjects.describe, self._tried, self._impossible)
        return sum(self._write(one.key, one.value) for one in plan_adjustments(_raising(wished)))

    def _write(self, key: ProcessKey, value: int) -> bool:
        now = time.monotonic()
        if self._tried.get(key) == value and now - self._written[key] < _INSIST_SECONDS:
            return False
        try:
            self._adjuster.adjust(key, value)
        except NotAdjusted as error:
            if isinstance(error.__cause__, PermissionError):
                self._impossible[key] = value
            return False
        self._tried[key], self._written[key] = value, now
        return True

    def _forget(self, living: set[ProcessKey]) -> None:
        for known in (self._tried, self._impossible, self._written):
            for key in [key for key in known if key not in living]:
                del known[key]


def _raising(wished: Sequence[Plan]) -> list[Plan]:
    """The plans without what lies above the wish already: a rule of one's own never lowers, not even root's."""
    return [
        plan._replace(members=tuple(one for one in plan.members if one.now is not None and one.now <= one.wanted))
        for plan in wished
    ]
