"""The user's own lasting rules, which only raise: a TOML file in the user's configuration.

    [[rule]]
    exe = "/usr/bin/clang"
    adj = 500

Source: XDG Base Directory Specification; TOML 1.0.
"""

import contextlib
import os
import time
from typing import Any, NamedTuple

from guardian.adapters.settings_place import settings_path
from guardian.protocol.i18n import _
from guardian.protocol.rules import Rule, RuleError, parse_rule

FILE_NAME = "rules.toml"


class UserRules(NamedTuple):
    """The rules that could be read, and a sentence for each part of the file that could not."""

    rules: tuple[Rule, ...]
    complaints: tuple[str, ...] = ()


def user_rule_id(rule: Rule) -> str:
    """The id of a user's rule: the same target always has the same."""
    # Late, all of these: the agent reads its rules through here and mostly has none.
    import hashlib
    import json

    return "my-" + hashlib.sha256(json.dumps([rule.kind, rule.target, rule.user]).encode()).hexdigest()[:10]


class UserRuleFile:
    """The file of one user.  A broken one is kept aside under a name that says when, and named in the complaints."""

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        beside = os.path.join(os.path.dirname(settings_path()), FILE_NAME)
        self.path = os.fspath(path) if path is not None else beside
        self._stamp: tuple[int, int] | None = None
        self._known = UserRules(())

    def read(self) -> UserRules:
        """The rules; read again only when the file has changed."""
        try:
            found = os.stat(self.path)
        except FileNotFoundError:
            self._known, self._stamp = UserRules(()), None
            return self._known
        except OSError as error:
            return UserRules((), (_("{path} cannot be read: {reason}").format(path=self.path, reason=error),))
        stamp = (found.st_mtime_ns, found.st_ino)
        if stamp == self._stamp:
            return self._known
        import tomllib

        try:
            with open(self.path, encoding="utf-8") as file:
                self._known, self._stamp = _parse(self.path, tomllib.loads(file.read())), stamp
        except (OSError, UnicodeDecodeError) as error:
            return UserRules((), (_("{path} cannot be read: {reason}").format(path=self.path, reason=error),))
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            return UserRules((), (self._put_aside(error),))
        return self._known

    def put(self, rule: Rule) -> str:
        """Keep a rule; its id.  Raises RuleError for one that lowers, OSError where the file cannot be written without a loss."""
        if rule.adj < 0:
            raise RuleError(_("a rule that protects is kept by the helper, not in your own file"))
        named = rule._replace(id=user_rule_id(rule))
        others = [each for each in self._whole() if each.id != named.id]
        self._write([*others, named])
        return named.id

    def remove(self, rule_id: str) -> bool:
        """Whether there was such a rule to remove.  Raises OSError where the file cannot be written without a loss."""
        rules = self._whole()
        left = [rule for rule in rules if rule.id != rule_id]
        if len(left) == len(rules):
            return False
        self._write(left)
        return True

    def _whole(self) -> tuple[Rule, ...]:
        """All that the file holds.  Raises OSError where something of it would be lost by writing it anew."""
        found = self.read()
        # What was no TOML at all lies beside it by now.
        if found.complaints and os.path.lexists(self.path):
            raise OSError(
                _("{path} holds what is not understood, and would be lost; mend or remove it first").format(path=self.path)
            )
        return found.rules

    def _write(self, rules: list[Rule]) -> None:
        import tempfile

        import tomli_w

        folder = os.path.dirname(self.path)
        os.makedirs(folder, mode=0o700, exist_ok=True)
        text = tomli_w.dumps({"rule": [rule.as_mapping() for rule in rules]})
        file, temporary = tempfile.mkstemp(prefix=".rules-", dir=folder)
        try:
            with os.fdopen(file, "w", encoding="utf-8") as out:
                out.write(text)
                out.flush()
                os.fsync(out.fileno())
            os.replace(temporary, self.path)
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise
        self._stamp = None

    def _put_aside(self, error: Exception) -> str:
        aside = f"{self.path}.broken-{time.strftime('%Y%m%d-%H%M%S')}"
        try:
            os.rename(self.path, aside)
        except OSError:
            return _("{path} is not TOML ({reason}); its rules rest until it is mended").format(path=self.path, reason=error)
        return _("{path} was not TOML ({reason}); it is kept as {aside}, its rules rest").format(
            path=self.path, reason=error, aside=os.path.basename(aside)
        )


def _parse(path: str, document: dict[str, Any]) -> UserRules:
    rules, complaints = [], []
    found = document.get("rule", [])
    for number, keys in enumerate(found if isinstance(found, list) else [], 1):
        try:
            if not isinstance(keys, dict):
                raise RuleError(_("not a table"))
            rule = parse_rule(keys)
            if rule.adj < 0:
                raise RuleError(_("only raising is for this file"))
            rules.append(rule._replace(id=user_rule_id(rule)))
        except RuleError as error:
            # Late: where all is well nobody needs it.
            from guardian.protocol.refusals import in_readers_language

            reason = in_readers_language(str(error))
            complaints.append(_("{path}, rule {number}: {reason}").format(path=path, number=number, reason=reason))
    return UserRules(tuple(rules), tuple(complaints))
