"""`guardian channels`: where alerts go beyond this machine.  Addresses hold secrets: they are asked for, never arguments."""

import argparse
import sys
from typing import Any

from guardian.adapters.alert_child import CannotSend
from guardian.adapters.channel_desk import ChannelDesk, ChannelState
from guardian.adapters.secrets import SecretError
from guardian.cli.failure import CommandFailed, WrongUsage
from guardian.cli.output import warn, write_json, write_line
from guardian.cli.parser import add_json
from guardian.policy.channels import (
    EVENTS,
    KINDS,
    LONGEST_ADDRESS,
    USUAL_EVENTS,
    Channel,
    ChannelError,
    address_hint,
    check_events,
    check_kind,
    check_name,
    parse_quiet,
    quiet_text,
)
from guardian.policy.delivery import delivery_words
from guardian.protocol.i18n import N_, _
from guardian.protocol.printable import printable

DESCRIPTION = N_(
    "Lists and changes the channels by which alerts leave this machine: ntfy, e-mail, Slack, Matrix, Telegram, a webhook, or\n"
    "anything else that Apprise knows.  The address of a channel holds a token or a password; it is asked for, or read from\n"
    "standard input, and kept in the keyring alone.  The agent sends: one message for each episode and channel, at the first\n"
    "of its states that is reached, tried again until the other side has it.  In quiet hours only critical is sent at once."
)
EXAMPLES = """
guardian channels
guardian channels add ops --kind ntfy --states critical,kill --quiet 22:00-07:00
pass show hook | guardian channels add hook --kind webhook
guardian channels test ops
guardian channels change ops --states warning,critical,kill --address
guardian channels remove ops
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `guardian channels`."""
    add_json(parser)
    acts = parser.add_subparsers(dest="act", metavar="add NAME | change NAME | remove NAME | test NAME")
    add = acts.add_parser("add", help=_("set a channel up; its address is asked for, or read from standard input"))
    _add_name(add)
    add.add_argument("--kind", required=True, metavar="KIND", help=_kinds())
    _add_choices(add)
    change = acts.add_parser("change", help=_("change states, quiet hours or address of a channel"))
    _add_name(change)
    _add_choices(change)
    change.add_argument("--address", action="store_true", help=_("ask for a new address, or read it from standard input"))
    _add_name(acts.add_parser("remove", help=_("forget a channel and its address")))
    _add_name(acts.add_parser("test", help=_("send a test message now")))


def _add_name(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME")


def _add_choices(parser: argparse.ArgumentParser) -> None:
    states = ", ".join(event for event, _title in EVENTS)
    parser.add_argument("--states", metavar="STATES", help=_("what goes there: one or more of {states}").format(states=states))
    parser.add_argument("--quiet", metavar="HH:MM-HH:MM", help=_('quiet hours, "" for none'))


def _kinds() -> str:
    return _("one of {kinds}").format(kinds=", ".join(KINDS))


def run(args: argparse.Namespace) -> int:
    """List or change channels."""
    desk = ChannelDesk()
    for complaint in desk.found().complaints:
        warn("guardian channels: " + printable(complaint))
    try:
        if args.act is None:
            _list(desk, json=args.json)
            return 0
        return {"add": _add, "change": _change, "remove": _remove, "test": _test}[args.act](desk, args)
    except ChannelError as error:
        raise WrongUsage(_("Not done: {reason}").format(reason=error)) from None
    except (SecretError, CannotSend) as error:
        raise CommandFailed(_("Not done: {reason}").format(reason=error)) from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise CommandFailed(
            _("Not changed: {path} cannot be written: {reason}").format(path=desk.file.path, reason=reason)
        ) from None


def _add(desk: ChannelDesk, args: argparse.Namespace) -> int:
    states = USUAL_EVENTS if args.states is None else check_events(_split(args.states))
    channel = Channel(check_name(args.name), check_kind(args.kind), states, parse_quiet(args.quiet or ""))
    desk.put(channel, _asked(channel), new=True)
    write_line(_("{channel} is set up. Try it: guardian channels test {channel}").format(channel=channel.name))
    return 0


def _change(desk: ChannelDesk, args: argparse.Namespace) -> int:
    channel = desk.find(check_name(args.name))
    if args.states is not None:
        channel = channel._replace(events=check_events(_split(args.states)))
    if args.quiet is not None:
        channel = channel._replace(quiet=parse_quiet(args.quiet))
    desk.put(channel, _asked(channel) if args.address else None)
    write_line(_line(channel))
    return 0


def _remove(desk: ChannelDesk, args: argparse.Namespace) -> int:
    desk.remove(check_name(args.name))
    write_line(_("{channel} and its address are forgotten.").format(channel=printable(args.name)))
    return 0


def _test(desk: ChannelDesk, args: argparse.Namespace) -> int:
    delivery = desk.trial(desk.find(check_name(args.name)))
    if delivery.code != "sent":
        raise CommandFailed(delivery_words(*delivery))
    write_line(delivery_words(*delivery))
    return 0


def _asked(channel: Channel) -> str:
    """The address, from a terminal without showing it, else from standard input.  Raises ChannelError."""
    if sys.stdin is not None and sys.stdin.isatty():
        import getpass

        hint = address_hint(channel.kind)
        if hint:
            warn(hint)
        try:
            return getpass.getpass(_("Address, such as {example} (not shown): ").format(example=KINDS[channel.kind].example))
        except EOFError:
            raise ChannelError(_("no address was given")) from None
    text = sys.stdin.readline(LONGEST_ADDRESS + 2).strip() if sys.stdin is not None else ""
    if not text:
        raise ChannelError(_("no address was given; write it to standard input, or run this in a terminal"))
    return text


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _list(desk: ChannelDesk, *, json: bool) -> None:
    states = desk.states()
    if json:
        write_json({"path": desk.file.path, "channels": [_row(state) for state in states]})
    elif not states:
        write_line(_("No channel is set up: alerts stay on this machine. See: guardian channels --help"))
    for state in () if json else states:
        write_line(_line(state.channel))
        write_line("      " + state.words)


def _line(channel: Channel) -> str:
    """A channel in one line."""
    quiet = _(", quiet {hours}").format(hours=quiet_text(channel.quiet)) if channel.quiet else ""
    return f"{channel.name} ({channel.kind}): {', '.join(channel.events)}{quiet}"


def _row(state: ChannelState) -> dict[str, Any]:
    return {
        **state.channel.as_mapping(),
        "quiet": quiet_text(state.channel.quiet) or None,
        "on": state.key == "on",
        "status": state.key,
        "says": state.words,
        "waiting": state.waiting,
        "tries": state.line.tries,
    }
