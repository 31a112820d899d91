"""Carrying out a pin: directly where the user may, else by the helper; always read back.

Source: proc_pid_oom_score_adj(5); guardian/protocol/helper.py.
"""

import os
from typing import NamedTuple

from guardian.adapters.adjuster import Adjusted, Adjuster, NotAdjusted
from guardian.adapters.helper_client import HelperClient, HelperRefused, NoHelper
from guardian.adapters.user_rules import UserRuleFile
from guardian.kernel.process import Process
from guardian.policy.pins import Keeper, Pin, only_raises
from guardian.protocol.i18n import _
from guardian.protocol.printable import printable
from guardian.protocol.refusals import in_readers_language
from guardian.protocol.rules import ADJ_MIN, Rule, RuleError


class NotPinned(Exception):
    """A wish that could not be carried out or kept; the text says what, why and what would work."""


class Outcome(NamedTuple):
    """One process that was to be changed: what was read back, or why nothing was changed; `gone` where it had ended."""

    process: Process
    done: Adjusted | None
    why: str = ""
    gone: bool = False


class Pinner:
    """Sets adjustments and keeps rules for one user.  `interactive`: the helper may have a password asked for."""

    def __init__(
        self,
        adjuster: Adjuster | None = None,
        helper: HelperClient | None = None,
        own_rules: UserRuleFile | None = None,
        *,
        interactive: bool = True,
    ) -> None:
        self._adjuster = adjuster or Adjuster()
        self._helper = helper or HelperClient()
        self._own_rules = own_rules or UserRuleFile()
        self._interactive = interactive

    def set(self, process: Process, value: int, *, immortal: bool = False) -> Outcome:
        """Set one process's adjustment: without privilege where the kernel allows it, else through the helper."""
        if value > ADJ_MIN and may_write(process):
            try:
                return Outcome(process, self._adjuster.adjust(process.key, value))
            except NotAdjusted as error:
                if not isinstance(error.__cause__, PermissionError):
                    return Outcome(process, None, str(error), gone=isinstance(error.__cause__, (OSError, ValueError)))
        try:
            before, now = self._helper.set_adjustment(process.key, value, interactive=self._interactive, immortal=immortal)
        except NoHelper as error:
            return Outcome(process, None, str(error))
        except HelperRefused as error:
            return Outcome(process, None, str(error), gone=error.gone)
        return Outcome(process, Adjusted(process.key, printable(process.name), before, now))

    def keep(self, rule: Rule) -> Pin:
        """Keep a lasting rule: the user's own where it only raises one's own, else the helper's.  Raises NotPinned."""
        try:
            if only_raises(rule) and (rule.user is None or rule.user == _own_name()):
                return Pin(rule._replace(id=self._own_rules.put(rule)), Keeper.AGENT)
            return Pin(rule._replace(id=self._helper.put_rule(rule, interactive=self._interactive)), Keeper.HELPER)
        except (NoHelper, HelperRefused, RuleError) as error:
            raise NotPinned(in_readers_language(str(error))) from error
        except OSError as error:
            raise NotPinned(_("The rule could not be kept: {reason}").format(reason=error)) from error

    def forget(self, pin: Pin) -> None:
        """Take a lasting rule away; processes keep what they have.  Raises NotPinned."""
        try:
            if pin.keeper is Keeper.AGENT:
                self._own_rules.remove(pin.rule.id)
            elif pin.keeper is Keeper.HELPER:
                self._helper.remove_rule(pin.rule.id, interactive=self._interactive)
        except (NoHelper, HelperRefused) as error:
            raise NotPinned(str(error)) from error
        except OSError as error:
            raise NotPinned(_("The rule could not be removed: {reason}").format(reason=error)) from error

    def pins(self) -> tuple[tuple[Pin, ...], tuple[str, ...]]:
        """All lasting pins, and a sentence for each that could not be learnt."""
        own = self._own_rules.read()
        found = [Pin(rule, Keeper.AGENT) for rule in own.rules]
        complaints = list(own.complaints)
        try:
            found += [Pin(rule, Keeper.HELPER) for rule in self._helper.rules()]
        except NoHelper:
            pass
        except HelperRefused as error:
            complaints.append(str(error))
        return tuple(found), tuple(complaints)


def may_write(process: Process) -> bool:
    """Whether the file of a process's adjustment is the user's to write, as far as its uid tells."""
    return process.uid is not None and os.geteuid() in (0, process.uid)


def _own_name() -> str | None:
    from guardian.adapters.subjects import user_name

    return user_name(os.geteuid())
