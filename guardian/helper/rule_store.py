"""Lasting rules in /etc/oom-guardian/rules.d, one TOML file each, and the check that none grants immunity at will."""

import hashlib
import json
import os
import pwd
import re
import stat
import tomllib

from guardian.helper.errors import Failed, Refused
from guardian.helper.root_files import make_folder, remove, roots_file, write_whole
from guardian.protocol.helper import RULES_FOLDER
from guardian.protocol.rules import Rule, RuleError, check_rule_id, is_interpreter, parse_rule

MAX_RULES, MAX_BYTES = 256, 8192


def rule_id(rule: Rule) -> str:
    """The id of a rule: the same target and user always have the same, so that putting it again replaces it."""
    mark = hashlib.sha256(json.dumps([rule.kind, rule.target, rule.user]).encode()).hexdigest()[:10]
    name = re.sub(r"[^a-z0-9]+", "-", rule.target.rsplit("/", 1)[-1].lower()).strip("-")[:32]
    return "-".join(part for part in (rule.kind, name, mark) if part)


class RuleStore:
    """The rules under one root."""

    def __init__(self, root: str = "/") -> None:
        self.folder = root + RULES_FOLDER

    def read(self) -> tuple[list[Rule], list[str]]:
        """All rules in the order of their ids, and one complaint for each file that is none.

        A file that others may write is a complaint too: root follows no wish of theirs.
        """
        rules, complaints = [], []
        try:
            names = sorted(name for name in os.listdir(self.folder) if name.endswith(".toml"))
        except OSError:
            return [], []
        for name in names[: 4 * MAX_RULES]:
            path = os.path.join(self.folder, name)
            try:
                rules.append(self._read_one(path, name.removesuffix(".toml")))
            except (OSError, ValueError, RuleError, RecursionError) as error:
                complaints.append(f"{path} is left out: {error}")
        return rules[:MAX_RULES], complaints

    def _read_one(self, path: str, name: str) -> Rule:
        check_rule_id(name)
        # A pipe or a link in its place is neither waited for nor followed.
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            found = os.fstat(file.fileno())
            if found.st_uid != os.geteuid() or found.st_mode & 0o022 or not stat.S_ISREG(found.st_mode):
                raise RuleError("others may write it, or it is no file")
            return parse_rule(tomllib.loads(file.read(MAX_BYTES).decode()), name)

    def put(self, rule: Rule) -> str:
        """Store the rule; its id.  Refused above 256 rules, Failed where the folder is not to be had."""
        name = rule_id(rule)
        held = {each.id for each in self.read()[0]}
        if name not in held and len(held) >= MAX_RULES:
            raise Refused(f"There are {MAX_RULES} rules already; remove one first.")
        make_folder(os.path.dirname(self.folder))
        make_folder(self.folder)
        lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in rule.as_mapping().items()]
        text = "# A rule of OOM Guardian; guardian pins shows all of them.\n" + "".join(lines)
        if parse_rule(tomllib.loads(text), name) != rule._replace(id=name):
            raise Failed("The rule could not be written down faithfully; nothing was stored.")
        write_whole(os.path.join(self.folder, f"{name}.toml"), text)
        return name

    def find(self, name: str) -> Rule | None:
        """The rule of that id, None where there is none."""
        return next((rule for rule in self.read()[0] if rule.id == name), None)

    def remove(self, name: str) -> bool:
        """Whether there was such a rule to remove."""
        return remove(os.path.join(self.folder, f"{check_rule_id(name)}.toml"))


def check_grant(rule: Rule) -> Rule:
    """The rule as it will be stored.  Refused where a negative one could be turned to a user's own ends.

    A program's path is resolved: it has to be root's file, in root's folders, and no interpreter of what others write.
    """
    if rule.user is not None:
        try:
            pwd.getpwnam(rule.user)
        except KeyError:
            raise Refused("There is no such user on this machine.") from None
    if rule.adj >= 0 or rule.kind != "exe":
        return rule
    path = roots_file(rule.target)
    if is_interpreter(rule.target) or (path is not None and (is_interpreter(path) or _is_script(path))):
        raise Refused("An interpreter runs whatever it is given; protect a unit instead.")
    if path is None:
        raise Refused("A protected program has to be root's own file, in folders that only root may write.")
    return rule._replace(target=path)


def _is_script(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(2) == b"#!"
    except OSError:
        return False
