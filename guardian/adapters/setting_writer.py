"""Sets the kernel's settings through the helper, reads them back, and takes them back."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from guardian.adapters.helper_client import HelperClient, HelperRefused, NoHelper
from guardian.kernel.sysctl import read_memory_settings
from guardian.kernel.tree import KernelTree
from guardian.policy.acts import Act, Done, SettingOrder, SettleOrder
from guardian.policy.knobs import number_of
from guardian.policy.setting_changes import SettingChange, SettingSteps, Write, plan_writes, undo_settings
from guardian.protocol.i18n import _
from guardian.protocol.sysctls import KEPT_FILE, PAIRED, kept_values


class SettingWriter:
    """Does one order after the other; each call may take as long as a password dialog.  `root` is where values are read."""

    def __init__(self, helper: HelperClient, root: str = "/") -> None:
        self._helper, self._root = helper, root

    def filed(self) -> Mapping[str, int]:
        """What the file of kept settings says."""
        try:
            text = (Path(self._root) / KEPT_FILE).read_text("utf-8", "replace")
        except OSError:
            return {}
        return {key: int(value) for key, value in kept_values(text).items() if value.removeprefix("-").isdigit()}

    def perform(self, order: SettingOrder | SettleOrder) -> Done:
        """Set, or end a trial; what was refused is in the answer, nothing is raised."""
        return self._settle(order) if isinstance(order, SettleOrder) else self._set(order)

    def take_back(self, acts: Iterable[Act], refusals: list[str]) -> tuple[SettingChange, ...]:
        """Give settings back what they had before acts; refusals are added to the list."""
        changes = [change for act in sorted(acts, key=lambda act: act.time) for change in act.settings]
        if not changes:
            return ()
        done = []
        for step in undo_settings(changes, read_memory_settings(KernelTree(self._root)), self.filed()):
            before, filed = self._now(step.key), self.filed().get(step.key)
            if not self._tried(refusals, self._take_back, step):
                break
            done.append(SettingChange(step.key, before, self._now(step.key), filed, self.filed().get(step.key)))
        return tuple(done)

    def _set(self, order: SettingOrder) -> Done:
        """All in order; what a refusal leaves half done on trial goes back by itself, all else is taken back here."""
        refusals: list[str] = []
        done: list[SettingChange] = []
        for write in order.writes:
            before, filed = self._paired(write.key), self.filed()
            if not self._tried(refusals, self._write, write, order):
                break
            done.append(self._change(write.key, before[write.key], filed))
            done += [self._change(pair, value, filed) for pair, value in before.items() if pair != write.key and value]
        changes = tuple(done)
        if refusals and changes and not order.rollback:
            told = len(refusals)
            self.take_back([Act(order.label, time.time(), settings=changes)], refusals)
            # What could not be taken back stays an act, so that an undo can try again.
            changes = changes if len(refusals) > told else ()
        on_trial = bool(order.rollback) and not refusals
        act = Act(order.label, time.time(), settings=() if order.rollback else changes, on_trial=changes if on_trial else ())
        return Done(order, act, tuple(dict.fromkeys(refusals)))

    def _settle(self, order: SettleOrder) -> Done:
        """Keep in the order of the writes; go back in the order that is safe from here."""
        refusals: list[str] = []
        filed = self.filed()
        if order.keep:
            for change in order.changes:
                follows = change.now == 0 and any(other.key == PAIRED.get(change.key) for other in order.changes)
                if not follows and not self._tried(refusals, self._helper.keep_setting, change.key):
                    break
        else:
            settings = read_memory_settings(KernelTree(self._root))
            for write in plan_writes((Write(change.key, change.before) for change in order.changes), settings):
                if not self._tried(refusals, self._helper.set_setting, write.key, write.value):
                    break
        changes = tuple(self._change(change.key, change.before, filed) for change in order.changes)
        kept = tuple(change for change in changes if change.now != change.before or change.filed_now != change.filed_before)
        return Done(order, Act(order.label, time.time(), settings=kept if order.keep and not refusals else ()), tuple(refusals))

    def _write(self, write: Write, order: SettingOrder) -> None:
        self._helper.set_setting(write.key, write.value, persist=order.persist, rollback=order.rollback)

    def _take_back(self, step: SettingSteps) -> None:
        if step.filed is not None:
            self._helper.set_setting(step.key, step.filed, persist=True)
            if step.value != step.filed:
                self._helper.set_setting(step.key, step.value)
        else:
            self._helper.set_setting(step.key, step.value, forget=step.was_filed)

    def _tried(self, refusals: list[str], act: Callable[..., object], *arguments: object) -> bool:
        """Whether it was done; else the reason is among the refusals."""
        try:
            act(*arguments)
        except NoHelper:
            refusals.append(
                _("The helper is not installed, so settings cannot be changed. Install it: installers/install-helper.sh")
            )
            return False
        except HelperRefused as error:
            words = _("Not changed: the password was not given.") if error.unauthorized else str(error)
            refusals.append(words)
            return False
        return True

    def _paired(self, key: str) -> dict[str, int]:
        """The values of a setting, and of the one that a write sets to 0, before it."""
        keys: Sequence[str] = [each for each in (key, PAIRED.get(key)) if each is not None]
        return {each: self._now(each) for each in keys}

    def _now(self, key: str) -> int:
        return number_of(key, read_memory_settings(KernelTree(self._root))) or 0

    def _change(self, key: str, before: int, filed: Mapping[str, int]) -> SettingChange:
        return SettingChange(key, before, self._now(key), filed.get(key), self.filed().get(key))
