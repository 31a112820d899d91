"""`guardian config`: OOM Guardian's own settings, from the schema."""

import argparse
from typing import Any

from guardian.adapters.login_start import CannotSetLogin, set_login_start
from guardian.adapters.settings_file import FoundSettings, SettingsFile
from guardian.cli.failure import CommandFailed, WrongUsage
from guardian.cli.output import warn, write_json, write_line
from guardian.cli.parser import add_json
from guardian.policy.setting_schema import GROUPS, SETTINGS, Setting
from guardian.policy.setting_values import SettingError, Value, parse_value, show_value
from guardian.policy.settings import Settings, setting_of
from guardian.protocol.i18n import N_, _, sentences
from guardian.protocol.printable import printable

DESCRIPTION = N_(
    "Lists, reads and changes OOM Guardian's own settings.  A running agent takes a change over within some seconds.\n"
    "The kernel's settings are another command: guardian settings"
)
EXAMPLES = """
guardian config
guardian config get notifications.level
guardian config set notifications.level=critical
guardian config set "thresholds.low_room=2 GiB"
"""
START_AT_LOGIN = "desktop.start_at_login"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `guardian config`."""
    add_json(parser)
    acts = parser.add_subparsers(dest="act", metavar="get KEY | set KEY=VALUE")
    get = acts.add_parser("get", help=_("print one value"))
    get.add_argument("key", metavar="KEY")
    change = acts.add_parser("set", help=_("change one value; an empty VALUE brings the default back"))
    change.add_argument("assignment", metavar="KEY=VALUE")


def run(args: argparse.Namespace) -> int:
    """Print or change settings."""
    file = SettingsFile()
    found = file.read()
    for complaint in found.complaints:
        warn("guardian config: " + printable(complaint))
    try:
        if args.act == "set":
            return _set(file, args.assignment)
        if args.act == "get":
            return _get(found, args.key, json=args.json)
    except SettingError as error:
        raise WrongUsage(_("Not done: {reason}").format(reason=printable(str(error)))) from error
    if args.json:
        write_json({"path": file.path, "settings": [_row(setting, found.settings) for setting in SETTINGS]})
    else:
        _list(found.settings)
    return 0


def _set(file: SettingsFile, assignment: str) -> int:
    key, sign, text = assignment.partition("=")
    key = key.strip()
    setting = setting_of(key)
    if not sign:
        raise WrongUsage(_("Not done: write {key}=VALUE").format(key=key))
    value: Value = setting.default if not text.strip() and setting.kind != "names" else parse_value(setting.kind, text)
    try:
        settings = file.change(key, value)
    except OSError as error:
        raise CommandFailed(
            _("Not changed: {path} cannot be written: {reason}").format(path=file.path, reason=error.strerror or error)
        ) from error
    if key == START_AT_LOGIN:
        try:
            write_line(set_login_start(on=settings.switch(key)))
        except CannotSetLogin as error:
            raise CommandFailed(str(error)) from error
    write_line(f"{key} = {show_value(setting.kind, settings.value(key))}")
    return 0


def _get(found: FoundSettings, key: str, *, json: bool) -> int:
    setting = setting_of(key)
    if json:
        write_json(_row(setting, found.settings))
    else:
        write_line(show_value(setting.kind, found.settings.value(key)))
    return 0


def _row(setting: Setting, settings: Settings) -> dict[str, Any]:
    value = settings.value(setting.key)
    return {
        "key": setting.key,
        "value": _plain(value),
        "default": _plain(setting.default),
        "changed": setting.key in settings.chosen,
        "kind": setting.kind,
        "least": setting.least,
        "most": setting.most,
        "choices": [choice for choice, _text in setting.choices] or None,
        "title": _(setting.title),
        "help": _(setting.help),
    }


def _plain(value: Value) -> bool | int | float | str | list[str]:
    return list(value) if isinstance(value, tuple) else value


def _list(settings: Settings) -> None:
    """A line a setting, with its meaning below; a star before those that were changed."""
    for group, title in GROUPS:
        write_line(_(title))
        for setting in SETTINGS:
            if setting.group != group:
                continue
            mark = "*" if setting.key in settings.chosen else " "
            shown = show_value(setting.kind, settings.value(setting.key))
            shown = shown or _("(none)") if setting.kind in {"names", "text"} else shown or _("as the desktop")
            write_line(f"{mark} {setting.key} = {shown}")
            write_line("      " + sentences(_("{sentence}.").format(sentence=_(setting.title)), _(setting.help)))
        write_line()
