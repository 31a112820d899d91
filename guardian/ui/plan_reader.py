"""Reads plans and compares them with each table of processes, in a thread of its own.

Rules of the helper and drop-ins are read when the page opens, after an act, on F5 and when their folder changes; what /proc
says of their processes comes with every sample.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal, Slot

from guardian.adapters.helper_client import HelperClient, HelperRefused, NoHelper
from guardian.adapters.subjects import Subjects
from guardian.adapters.unit_plans import SYSTEM_FOLDER, effective_plan, read_plans, user_unit_folder
from guardian.adapters.user_rules import UserRuleFile
from guardian.kernel.process import Process, ProcessKey
from guardian.policy.acts import Act, UnitWish, tried_values
from guardian.policy.pins import Keeper, Pin
from guardian.policy.protection import Kept, Overwrites, Protection, heirs_of, rows_of, shares_of
from guardian.protocol.helper import RULES_FOLDER
from guardian.protocol.rules import Subject
from guardian.sampling.snapshot import Snapshot

OOMD = "systemd-oomd"


class Look(NamedTuple):
    """What one look at the plans starts from: a sample, the journal, and values that the kernel refused."""

    snapshot: Snapshot
    acts: tuple[Act, ...]
    impossible: dict[ProcessKey, int]


class PlanReader(QObject):
    """Works in the thread it was moved to; all methods but the constructor are slots, only connect to them.

    `judged` brings a Protection for a Look, `described` the processes of a question with their Subjects.
    """

    judged = Signal(object)
    described = Signal(object, object)

    def __init__(self, root: str = "/", helper: HelperClient | None = None, rules: UserRuleFile | None = None) -> None:
        super().__init__()
        self._rules_folder = Path(root) / RULES_FOLDER
        self._helper = helper or HelperClient()
        self._own_rules = rules or UserRuleFile()
        self._subjects = Subjects(root)
        self._overwrites = Overwrites()
        self._rules: tuple[Pin, ...] = ()
        self._kept: tuple[Kept, ...] = ()
        self._has_helper = False
        self._complaint = ""
        self._stamp: tuple[int, int] | None = None
        self._read_once = False

    def cancel(self) -> None:
        """Wait for the helper no more; may be called from any thread."""
        self._helper.hang_up()

    @Slot()
    def reload(self) -> None:
        """Read rules and drop-ins again with the next look."""
        self._read_once = False

    @Slot(object)
    def judge(self, look: Look) -> None:
        """Compare all plans with a sample."""
        if not self._read_once or self._folder_stamp() != self._stamp:
            self._read_plans()
        own = self._own_rules.read()
        processes = look.snapshot.sample.processes or ()
        pins = (*(Pin(rule, Keeper.AGENT) for rule in own.rules), *self._rules)
        tried = {**tried_values(look.acts), **self._overwrites.tried()}
        rows = rows_of(pins, self._kept, look.acts, processes, self._subjects.describe, tried, look.impossible)
        self._overwrites.look(rows, look.snapshot.sample.time, frozenset(process.key for process in processes))
        self.judged.emit(
            Protection(
                rows=rows,
                shares=shares_of(rows, processes),
                heirs=heirs_of(rows, processes),
                reserved=sum(each.wish.plan.memory_low or 0 for each in self._kept),
                helper=self._has_helper,
                oomd=any(process.name == OOMD for process in processes),
                own=next((process for process in processes if process.pid == os.getpid()), None),
                complaints=tuple(filter(None, (*own.complaints, self._complaint))),
                lost={
                    member.process.key: found
                    for row in rows
                    for member in row.plan.members
                    if (found := self._overwrites.lost(member.process.key)) is not None
                },
            )
        )

    @Slot(object)
    def describe(self, processes: Sequence[Process]) -> None:
        """Say what rules look at of some processes."""
        found: list[Subject] = [self._subjects.describe(process) for process in processes]
        self.described.emit(tuple(processes), tuple(found))

    def _folder_stamp(self) -> tuple[int, int] | None:
        try:
            found = self._rules_folder.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino

    def _read_plans(self) -> None:
        self._read_once, self._stamp = True, self._folder_stamp()
        self._complaint = ""
        try:
            self._rules = tuple(Pin(rule, Keeper.HELPER) for rule in self._helper.rules())
            self._has_helper = True
        except NoHelper:
            self._rules, self._has_helper = (), False
        except HelperRefused as error:
            self._rules, self._has_helper, self._complaint = (), True, str(error)
        found = (*read_plans(SYSTEM_FOLDER, user=False), *read_plans(user_unit_folder(), user=True))
        self._kept = tuple(
            Kept(UnitWish(one.unit, one.user, one.plan), one.path, effective_plan(one.unit, user=one.user)) for one in found
        )
