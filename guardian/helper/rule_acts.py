"""Acts on lasting rules."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from guardian.helper.acts import PlainAct, Variants, plain_values
from guardian.helper.errors import Gone, Refused
from guardian.helper.rule_store import RuleStore, check_grant
from guardian.protocol.dialogs import INSIST_RULE, REMOVE_RULE
from guardian.protocol.rules import Rule, RuleError, check_rule_id, parse_rule

_LIST_SECONDS = 1.0


class PutRule(PlainAct):
    """Stores a lasting rule; the enforcer applies it from then on."""

    action = "rules"

    def __init__(self, keys: Variants, options: Mapping[str, Any], root: str) -> None:
        try:
            rule = parse_rule(plain_values(keys))
        except RuleError as error:
            raise Refused(f"Not stored: {error}.") from None
        if rule.immortal:
            if not options.get("immortal", False):
                raise Refused("Not stored: -1000 needs the option immortal as well.")
            self.action = "immortal"
        elif rule.insist:
            self.dialog = INSIST_RULE
        self._rule, self._store = check_grant(rule), RuleStore(root)
        super().__init__(_details(self._rule))

    def compare(self) -> None:
        """Refused where the program's file has become another's meanwhile."""
        if check_grant(self._rule) != self._rule:
            raise Refused("The program has changed meanwhile; nothing was stored.")

    def perform(self) -> tuple[Any, ...]:
        """(id,)."""
        name = self._store.put(self._rule)
        self._record = {"id": name}
        return (name,)


class RemoveRule(PlainAct):
    """Takes a lasting rule away; what it was applied to keeps its value until it ends."""

    action = "rules"
    dialog = REMOVE_RULE

    def __init__(self, name: str, root: str) -> None:
        try:
            check_rule_id(name)
        except RuleError as error:
            raise Refused(f"Nothing removed: {error}.") from None
        self._store = RuleStore(root)
        rule = self._store.find(name)
        if rule is None:
            raise Gone("There is no such rule; nothing was removed.")
        self._name = name
        super().__init__({**_details(rule), "removal": "yes"})

    def perform(self) -> tuple[Any, ...]:
        """Nothing to return.  Gone where another was quicker."""
        if not self._store.remove(self._name):
            raise Gone("The rule was removed by somebody else.")
        return ()


class RuleList:
    """All rules as a{sv}, with their ids.  Whoever asks often is told what was read within the last second.

    Nobody is asked who it is for this, so that it must not cost much.
    """

    def __init__(self, root: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._store, self._clock = RuleStore(root), clock
        self._rows: list[dict[str, tuple[str, Any]]] = []
        self._until = float("-inf")

    def rows(self) -> list[dict[str, tuple[str, Any]]]:
        """The rules."""
        if self._clock() >= self._until:
            kinds = {str: "s", int: "i", bool: "b"}
            self._rows = [
                {"id": ("s", rule.id), **{key: (kinds[type(value)], value) for key, value in rule.as_mapping().items()}}
                for rule in self._store.read()[0]
            ]
            self._until = self._clock() + _LIST_SECONDS
        return self._rows

    def forget(self) -> None:
        """Something was changed: read again."""
        self._until = float("-inf")


def _details(rule: Rule) -> dict[str, str]:
    return {"target": rule.target, "what": rule.target, "kind": rule.kind, "value": str(rule.adj), "user": rule.user or "*"}
