"""`guardian settings`: the kernel's memory settings, with meaning, advice and effect; set safely, tried, taken back."""

import argparse
from collections.abc import Sequence
from typing import Any

from guardian.adapters.machine_settings import read_profile
from guardian.cli.failure import WrongUsage
from guardian.cli.output import make_console, opened_stdout, write_json, write_line
from guardian.cli.parser import add_json, whole_from
from guardian.policy.advice import Kind
from guardian.policy.knobs import BY_KEY
from guardian.policy.setting_rows import SettingRow, as_ansible, as_sysctl, boot_words, exported, rows_of, usual_words
from guardian.protocol.i18n import N_, _
from guardian.protocol.printable import printable
from guardian.protocol.sysctls import MAX_ROLLBACK_SECONDS

DESCRIPTION = N_(
    "Explains the kernel's settings for memory, with advice reckoned for this machine, and sets them through the root\n"
    "helper. What a value would do is told before it is set; what would stop the machine is refused. OOM Guardian's own\n"
    "settings are another command: guardian config"
)
EXAMPLES = N_("""
guardian settings                                        all of them, with advice
guardian settings show vm.overcommit_memory              one of them in full
guardian settings set vm.swappiness=100 --rollback 30    try it; it goes back by itself unless kept
guardian settings set vm.swappiness=100 --persist        for good, in /etc/sysctl.d/60-oom-guardian.conf
guardian settings undo                                   take the last change back
guardian settings --export ansible --advised             a task that gives another machine the same
""")
ROLLBACK_SECONDS = 30
_EXPORTS = {"sysctl": as_sysctl, "ansible": as_ansible}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `guardian settings`."""
    add_json(parser)
    parser.add_argument("--export", choices=tuple(_EXPORTS), help=_("print what is not the kernel's own, to be used elsewhere"))
    parser.add_argument("--advised", action="store_true", help=_("with --export: follow the advice"))
    acts = parser.add_subparsers(dest="act", metavar="show KEY | set KEY=VALUE | keep | undo")
    show = acts.add_parser("show", help=_("explain one setting"))
    show.add_argument("key", metavar="KEY")
    # It may stand behind the command too, and must not take back what stood before it.
    show.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    change = acts.add_parser("set", help=_("set one or several; the order of the writes is safe"))
    change.add_argument("assignments", metavar="KEY=VALUE", nargs="+")
    change.add_argument("--persist", action="store_true", help=_("keep it across restarts"))
    change.add_argument(
        "--rollback",
        type=whole_from(1, MAX_ROLLBACK_SECONDS),
        nargs="?",
        const=ROLLBACK_SECONDS,
        default=0,
        metavar="S",
        help=_("try it for so many seconds ({count} without a number); it goes back by itself unless kept").format(
            count=ROLLBACK_SECONDS
        ),
    )
    acts.add_parser("keep", help=_("keep what is on trial"))
    acts.add_parser("undo", help=_("take the last change back"))


def run(args: argparse.Namespace) -> int:
    """Print, or change."""
    if args.advised and not args.export:
        raise WrongUsage(_("--advised goes with --export"))
    if args.act in ("set", "keep", "undo"):
        from guardian.cli import settings_change

        return settings_change.run(args)
    profile = read_profile(args.root)
    rows = rows_of(profile)
    if args.export:
        opened_stdout().write(_EXPORTS[args.export](exported(profile, advised=args.advised)))
    elif args.act == "show":
        _show_one(_row_of(args.key, rows), json=args.json)
    elif args.json:
        write_json({"settings": [_json_row(row) for row in rows]})
    else:
        _show_all(rows)
    return 0


def _row_of(key: str, rows: Sequence[SettingRow]) -> SettingRow:
    wanted = key if key in BY_KEY else f"vm.{key}"
    row = next((row for row in rows if row.knob.key == wanted), None)
    if row is None:
        raise WrongUsage(_("{key} is no setting of memory; list them: guardian settings").format(key=printable(key[:40])))
    return row


def _json_row(row: SettingRow) -> dict[str, Any]:
    advice, boot = row.advice, row.boot
    return {
        "key": row.knob.key,
        "value": row.value,
        "unit": row.knob.unit,
        "meaning": row.meaning,
        "help": _(row.knob.text),
        "default": row.usual,
        "settable": row.knob.settable,
        "boot": None
        if boot is None
        else {
            "value": boot.value or None,
            "path": f"/{boot.path}" if boot.path else None,
            "line": boot.line or None,
            "beaten": [f"/{path}" for path in boot.beaten],
            "unread": f"/{boot.unread}" if boot.unread else None,
        },
        "advice": {"kind": advice.kind.value, "value": advice.value, "text": advice.words, "reason": advice.reason},
    }


def _show_one(row: SettingRow, *, json: bool) -> None:
    if json:
        write_json(_json_row(row))
        return
    write_line(f"{row.knob.key} = {row.shown}")
    lines = (row.meaning, _(row.knob.text), usual_words(row), boot_words(row))
    for line in filter(None, lines):
        write_line("  " + line)
    write_line("  " + _("Advice: {words}. {reason}").format(words=row.advice.words, reason=row.advice.reason))


def _show_all(rows: Sequence[SettingRow]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for head, right in ((_("Setting"), False), (_("Now"), True), (_("Meaning"), False), (_("Advice for this machine"), False)):
        table.add_column(Text(head), justify="right" if right else "left", no_wrap=right)
    for row in rows:
        marked = row.advice.kind is Kind.CHANGE
        advice = Text(("+ " if marked else "  ") + row.advice.words, style="bold" if marked else "")
        table.add_row(Text(row.knob.key), Text(row.shown, style="bold"), Text(row.meaning), advice)
    console = make_console()
    console.print(table)
    reasons = [row for row in rows if row.advice.kind is Kind.CHANGE]
    if reasons:
        console.print()
    for row in reasons:
        console.print(Text(f"+ {row.knob.key}: {row.advice.reason}"))
