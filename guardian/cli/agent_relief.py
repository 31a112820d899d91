"""The agent's ways out: freezing and thawing, asked for by a person or by the rule; one act at a time, each of them noted."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from guardian.adapters.agent_service import ActRefused
from guardian.adapters.agent_values import BusDict
from guardian.adapters.freezer import Freezer, NotFrozen
from guardian.adapters.poll_loop import PollLoop
from guardian.kernel.errors import KernelFileError, Unparsable
from guardian.kernel.process import Process, ProcessKey, parse_stat
from guardian.kernel.tree import KernelTree
from guardian.model.verdict import State, Verdict
from guardian.policy.relief import (
    PAUSE_SECONDS,
    Frozen,
    NotOffered,
    Waiting,
    choose_grower,
    needed,
    plan_freeze,
    plan_thaw,
)
from guardian.policy.settings import Settings
from guardian.protocol.i18n import _
from guardian.protocol.printable import printable
from guardian.sampling.sampler import read_process
from guardian.sampling.snapshot import Snapshot

if TYPE_CHECKING:
    from guardian.policy.acts import SwappedOut

# When (seconds since the epoch), what was done, to whom, and why it did not work.
Note = Callable[[float, str, str, str | None], None]


# By then a signal has arrived.
_SIGNAL_SECONDS = 2.0
_STOPPED = ("T", "t")


class Relief:
    """Freezes and thaws this user's programs, and moves to swap what frozen ones hold.

    `froze` and `thawed` hear of each program; the second argument says that a rule did it, or that it went on by itself.
    `swapped_out` hears what moving gave, as a sentence.
    """

    def __init__(
        self,
        tree: KernelTree,
        freezer: Freezer,
        say: Callable[[str], None],
        note: Note,
        froze: Callable[[Frozen, bool], None],
        thawed: Callable[[Frozen, bool], None],
        loop: PollLoop | None = None,
        swapped_out: Callable[[Frozen, str], None] = lambda _entry, _words: None,
    ) -> None:
        self._loop, self._swapped_out = loop, swapped_out
        self._moving: Iterator[SwappedOut] | None = None
        self._tree, self._freezer, self._say, self._note = tree, freezer, say, note
        self._froze, self._thawed = froze, thawed
        self._uid = os.getuid()
        self._processes: Sequence[Process] = ()
        self._snapshot: Snapshot | None = None
        self._waiting = Waiting()
        self._acted_at = float("-inf")
        self.own: set[int] = {os.getpid()}
        # Hears that what stands still is not what it was.
        self.changed: Callable[[], None] = lambda: None

    @property
    def frozen(self) -> tuple[Frozen, ...]:
        """What stands still by an act of ours."""
        return self._freezer.frozen

    def start(self) -> None:
        """Let go on what an agent before this one left frozen."""
        for entry in self._freezer.take_over():
            self._say(_("{name} goes on: an earlier agent had frozen it").format(name=printable(entry.name)))
            self._note(time.time(), "thaw", entry.name, None)

    def close(self) -> None:
        """Let all go on: nobody would thaw it later."""
        for entry in self.frozen:
            self._thaw(entry, by_itself=True)
        self._freezer.close()

    def tick(self, verdict: Verdict, snapshot: Snapshot | None, settings: Settings) -> None:
        """Take in a tick: thaw when there is room again, and act by the rule when it is critical."""
        if snapshot is not None and snapshot is not self._snapshot:
            self._snapshot, self._processes = snapshot, snapshot.sample.processes or ()
            if self.frozen:
                self._freezer.forget_ended(process.key for process in self._processes)
                self._forget_continued(snapshot.sample.monotonic)
        now = time.monotonic()
        if self.frozen and snapshot is not None:
            memory = snapshot.sample.memory
            total = memory.mem_total + (memory.swap_total or 0)
            self._waiting, thaw = plan_thaw(self._waiting, verdict.state, verdict.room, total, now, settings)
            if thaw and now - self._acted_at >= settings.number("relief.thaw_after"):
                # One at a time: what goes on may take the room at once.
                self._thaw(self.frozen[-1], by_itself=True)
                self._acted_at, self._waiting = now, Waiting()
        if verdict.state is State.CRITICAL and now - self._acted_at >= PAUSE_SECONDS:
            self._apply_rule(verdict, settings)

    def _forget_continued(self, looked_at: float) -> None:
        """Whoever was let go on by somebody else is frozen no more; a group's own freezer shows in no process."""
        for entry in self.frozen:
            if entry.cgroup is None and looked_at - entry.at > _SIGNAL_SECONDS and not any(map(self._stands, entry.keys)):
                self._thaw(entry, by_itself=False)

    def _stands(self, key: ProcessKey) -> bool:
        """Whether a process stands still now: the table reads memory anew, and states only now and then."""
        try:
            stat = parse_stat(self._tree.read(f"proc/{key.pid}/stat"))
        except (KernelFileError, Unparsable):
            return False
        return stat.start_ticks == key.start_ticks and stat.state in _STOPPED

    def may_freeze(self, key: ProcessKey) -> bool:
        """Whether a process may be frozen, as far as the last table tells."""
        process = next((one for one in self._processes if one.key == key), None)
        return process is not None and process.uid == self._uid and key not in needed(self._processes, self.own)

    def freeze(self, pid: int, start_ticks: int) -> tuple[()]:
        """Freeze a process's program, as its user asked.  Raises ActRefused."""
        self._freeze(ProcessKey(pid, start_ticks), by_rule=False)
        return ()

    def thaw(self, pid: int, start_ticks: int) -> tuple[()]:
        """Let a frozen program go on.  Raises ActRefused."""
        entry = self._freezer.find(ProcessKey(pid, start_ticks))
        if entry is None:
            raise ActRefused(_("Nothing done: process {pid} was not frozen by OOM Guardian.").format(pid=pid))
        self._thaw(entry, by_itself=False)
        return ()

    def may_swap_out(self, entry: Frozen) -> bool:
        """Whether a frozen program's memory may be moved to swap: a user may of a group, an administrator of any program."""
        memory = self._snapshot.sample.memory if self._snapshot is not None else None
        able = entry.cgroup is not None or self._uid == 0
        return able and self._loop is not None and self._moving is None and bool(memory and memory.swap_free)

    def swap_out(self, pid: int, start_ticks: int) -> tuple[()]:
        """Begin to move a frozen program's memory to swap, bit by bit between other things.  Raises ActRefused."""
        from guardian.adapters.cold_memory import ColdMemory

        entry = self._freezer.find(ProcessKey(pid, start_ticks))
        if entry is None:
            raise ActRefused(_("Nothing done: process {pid} was not frozen by OOM Guardian.").format(pid=pid))
        if not self.may_swap_out(entry) or self._loop is None:
            raise ActRefused(_("Nothing moved: there is no free swap, another is being moved, or it is not yours to move."))
        members = [one for one in self._processes if one.key in entry.keys]
        self._moving = ColdMemory(self._tree).steps(entry.cgroup, members)
        self._move(entry, None)
        return ()

    def _move(self, entry: Frozen, so_far: "SwappedOut | None") -> None:
        """One bit; the next follows when the loop has looked at all else."""
        from guardian.adapters.cold_memory import NotSwappedOut
        from guardian.policy.act_words import swapped_words

        assert self._loop is not None
        refusal = None
        try:
            given = next(self._moving, None) if self._moving is not None and entry in self.frozen else None
        except (NotSwappedOut, KernelFileError) as refused:
            given, refusal = None, str(refused)
        if given is not None:
            self._loop.at(time.monotonic(), "swap-out", lambda: self._move(entry, given))
            return
        self._moving = None
        words = refusal or (swapped_words(printable(entry.name), so_far) if so_far is not None else "")
        if words:
            self._say(words)
            self._note(time.time(), "swap out", entry.name, refusal)
            self._swapped_out(entry, words)

    def own_keys(self) -> BusDict:
        """What property State says of frozen programs."""
        entries = [
            {
                "name": ("s", printable(one.name)),
                "pid": ("u", one.keys[0].pid),
                "start_ticks": ("t", one.keys[0].start_ticks),
                "processes": ("u", len(one.keys)),
                "by_rule": ("b", one.by_rule),
            }
            for one in self.frozen
            if one.keys
        ]
        return {"frozen": ("aa{sv}", entries)}

    def _apply_rule(self, verdict: Verdict, settings: Settings) -> None:
        key = choose_grower(verdict.growers, self._processes, self._uid, self.own, settings)
        if key is None:
            return
        try:
            self._freeze(key, by_rule=True)
        except ActRefused as refused:
            self._say(str(refused))
            self._acted_at = time.monotonic()

    def _freeze(self, key: ProcessKey, *, by_rule: bool) -> None:
        if self._freezer.find(key) is not None:
            raise ActRefused(_("Nothing done: process {pid} is frozen already.").format(pid=key.pid))
        try:
            target = plan_freeze(key, self._table_with(key), self._uid, self.own)
            entry = self._freezer.freeze(target, by_rule=by_rule)
        except (NotOffered, NotFrozen) as refused:
            self._note(time.time(), "freeze", str(key.pid), str(refused))
            raise ActRefused(_("Not frozen: {reason}.").format(reason=str(refused).rstrip("."))) from refused
        self._acted_at, self._waiting = time.monotonic(), Waiting()
        self._say(
            _("froze {name} ({pid}), {count} processes").format(name=printable(entry.name), pid=key.pid, count=len(entry.keys))
        )
        self._note(time.time(), "freeze by rule" if by_rule else "freeze", entry.name, None)
        self.changed()
        self._froze(entry, by_rule)

    def _thaw(self, entry: Frozen, *, by_itself: bool) -> None:
        count = self._freezer.thaw(entry)
        self._say(_("{name} goes on, {count} processes").format(name=printable(entry.name), count=count))
        self._note(time.time(), "thaw", entry.name, None)
        self.changed()
        self._thawed(entry, by_itself)

    def _table_with(self, key: ProcessKey) -> Sequence[Process]:
        """The last table, and the process in question where it is younger."""
        if any(process.key == key for process in self._processes):
            return self._processes
        try:
            return (*self._processes, read_process(self._tree, key.pid))
        except KernelFileError:
            return self._processes
