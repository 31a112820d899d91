"""`guardian replay`: what happened in a recording, what was predicted, and what would have been said when."""

import argparse
from collections.abc import Iterator

from guardian.cli.failure import CommandFailed
from guardian.cli.output import make_console, write_json
from guardian.cli.parser import add_json
from guardian.cli.replay_judge import EngineJudge
from guardian.protocol.i18n import N_, _, ngettext
from guardian.protocol.printable import printable
from guardian.protocol.quantities import format_seconds
from guardian.sampling.replay import NotARecording, Recording
from guardian.sampling.replay_verdict import LEVELS, ReplayAlert, ReplayKill, ReplayVerdict, as_json, replay_verdict

DESCRIPTION = N_(
    "Plays a recording through the very code that watches live machines: the warnings that would have been given, and\n"
    "for every kill in its kernel log whom the last sample before it pointed to. Nothing that came later is used."
)
EXAMPLES = "guardian replay report\nguardian replay report --json | jq .kills"
_LEVEL_WORDS = {"watch": N_("Watch"), "warning": N_("Warning"), "critical": N_("Critical")}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `guardian replay`."""
    parser.add_argument("folder", metavar="DIR", help=_("a folder that guardian record wrote"))
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print what the recording shows."""
    try:
        verdict = replay_verdict(Recording(args.folder), EngineJudge())
    except NotARecording as error:
        raise CommandFailed(printable(str(error))) from error
    if args.json:
        write_json(as_json(verdict))
    else:
        _show(verdict)
    return 0


def _show(verdict: ReplayVerdict) -> None:
    from rich.text import Text

    console = make_console()
    head = _("Kernel {kernel}, {count} samples in {seconds}.")
    console.print(
        Text(head.format(kernel=verdict.kernel or "?", count=verdict.samples, seconds=format_seconds(verdict.duration)))
    )
    if verdict.gap is not None:
        text = _("It breaks off at line {line}: {reason}. What comes before is shown.")
        console.print(Text(text.format(line=verdict.gap.line, reason=verdict.gap.reason), style="yellow"))
    console.print()
    happened = [(alert.t, line) for alert in verdict.alerts for line in [_alert(alert)]]
    happened += [(kill.t, line) for kill in verdict.kills for line in _kill(kill)]
    for t, line in sorted(happened, key=lambda one: one[0]):
        console.print(Text(f"{format_seconds(t):>9}  ").append(line))
    if not happened:
        console.print(Text(_("Nothing happened: no warning was due and nothing was ended.")))
    console.print()
    for line in _summary(verdict):
        console.print(Text(line))


def _alert(alert: ReplayAlert) -> str:
    if alert.until is None:
        return _("{text} (until the end)").format(text=printable(alert.text))
    return _("{text} (for {duration})").format(text=printable(alert.text), duration=format_seconds(alert.until - alert.t))


def _kill(kill: ReplayKill) -> Iterator[str]:
    victim = f"{printable(kill.name)} ({kill.pid})"
    if kill.hit:
        yield _("The kernel ended {victim}, as predicted.").format(victim=victim)
    elif kill.predicted:
        first = kill.predicted[0]
        text = _("The kernel ended {victim}; predicted was {name} ({pid}).")
        yield text.format(victim=victim, name=printable(first.name), pid=first.pid)
    else:
        yield _("The kernel ended {victim}; nobody could be predicted.").format(victim=victim)
    if kill.caveat:
        yield "  " + _("Not certain from outside the kernel: {reason}").format(reason=kill.caveat)
    known = {level: kill.lead.get(level) for level in LEVELS}
    ahead = [f"{_(_LEVEL_WORDS[level])} {format_seconds(lead)}" for level, lead in known.items() if lead is not None]
    if ahead:
        yield "  " + _("Said before: {levels}.").format(levels=", ".join(ahead))


def _summary(verdict: ReplayVerdict) -> Iterator[str]:
    if verdict.kills:
        hits = sum(kill.hit for kill in verdict.kills)
        unsure = sum(kill.caveat is not None and not kill.hit for kill in verdict.kills)
        text = ngettext("{hits} of {count} kill as predicted.", "{hits} of {count} kills as predicted.", len(verdict.kills))
        yield text.format(hits=hits, count=len(verdict.kills))
        if unsure:
            yield _("{count} could not be known from outside the kernel.").format(count=unsure)
    else:
        yield _("The kernel ended nobody.")
    if verdict.false_alarms:
        text = ngettext("{count} warning without a kill.", "{count} warnings without a kill.", verdict.false_alarms)
        yield text.format(count=verdict.false_alarms)
