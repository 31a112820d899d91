"""`guardian fleet`: other machines, most endangered first, as a Prometheus server tells of them."""

import argparse
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from guardian.adapters.fleet_source import FleetSource, NothingThere
from guardian.adapters.prometheus_server import PrometheusServer, ServerTrouble
from guardian.adapters.settings_file import SettingsFile
from guardian.cli.failure import CommandFailed, WrongUsage
from guardian.cli.output import make_console, warn, write_json, write_line
from guardian.cli.parser import add_json, whole_from
from guardian.model.verdict import State
from guardian.policy import fleet_words as words
from guardian.policy.fleet import Machine, MachinePage
from guardian.policy.fleet_queries import LONGEST_SEARCH
from guardian.policy.headline import state_word
from guardian.policy.server_address import AddressUnusable, ServerChoice, parse_address, server_choice
from guardian.protocol.i18n import N_, _
from guardian.protocol.printable import printable
from guardian.protocol.quantities import UNKNOWN, format_gib, format_percent

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

DESCRIPTION = N_(
    "Lists other machines, most endangered first: state, room, forecast, whom the kernel would end next, the last kill.\n"
    "Asks the Prometheus server of the setting fleet.server, which scrapes the machines' agents (guardian agent --metrics)\n"
    "and has the recording rules of OOM Guardian."
)
EXAMPLES = N_("""
guardian config set fleet.server=https://prometheus.lab.example:9090
guardian fleet                            the 20 most endangered
guardian fleet build -n 100               a hundred whose name or next victim has "build" in it
guardian fleet --machine build-03         its minutes before the last kill
guardian fleet --login --user anna        keep a password in the keyring; without --user a token
""")
_ROWS = 20
_MOST_ROWS = 500
_BLOCKS = "▁▂▃▄▅▆▇█"
_SPARK_CELLS = 10
_STYLES = {State.CRITICAL: "bold red", State.WARNING: "yellow", State.WATCH: "yellow", State.NO_DATA: "dim"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `guardian fleet`."""
    add_json(parser)
    parser.add_argument("search", nargs="?", default="", metavar="WORDS", help=_("only machines, or next victims, named so"))
    parser.add_argument("-n", type=whole_from(1, _MOST_ROWS), default=_ROWS, metavar="N", dest="rows", help=_("how many (20)"))
    parser.add_argument("--all", action="store_true", help=_("all of them, page after page"))
    parser.add_argument("--machine", metavar="NAME", help=_("one machine, and the minutes before its last kill"))
    parser.add_argument("--server", metavar="URL", help=_("ask this server instead of the one that is set"))
    parser.add_argument("--login", action="store_true", help=_("ask for a password or token and keep it in the keyring"))
    parser.add_argument("--user", metavar="NAME", help=_("with --login: a name and password instead of a token"))
    parser.add_argument("--logout", action="store_true", help=_("take the password or token out of the keyring"))


def run(args: argparse.Namespace) -> int:
    """Print the machines."""
    file = SettingsFile()
    if args.user is not None and not args.login:
        raise WrongUsage(_("--user goes with --login alone. See: guardian fleet --help"))
    if len(args.search) > LONGEST_SEARCH:
        raise WrongUsage(_("Not searched: at most {count} characters").format(count=LONGEST_SEARCH))
    choice = _choice(file, args.server)
    if args.login or args.logout:
        return _log_in(file, choice, args) if args.login else _log_out(file, choice)
    server = PrometheusServer(choice)
    try:
        if args.machine is not None:
            return _show_machine(FleetSource(server), args)
        return _show_pages(choice, _pages(FleetSource(server), args), args)
    except (ServerTrouble, NothingThere) as error:
        raise CommandFailed(str(error)) from error
    finally:
        server.close()


def _choice(file: SettingsFile, url: str | None) -> ServerChoice:
    found = file.read()
    for complaint in found.complaints:
        warn("guardian fleet: " + printable(complaint))
    try:
        choice = server_choice(found.settings)
        if url is not None:
            address = parse_address(url)
            return choice._replace(address=address) if choice is not None else ServerChoice(address)
    except AddressUnusable as error:
        raise CommandFailed(str(error)) from error
    if choice is None:
        raise CommandFailed(_("No server set. Set it: guardian config set fleet.server=https://prometheus.lab.example:9090"))
    return choice


def _pages(source: FleetSource, args: argparse.Namespace) -> Iterator[MachinePage]:
    rows = _MOST_ROWS if args.all else args.rows
    page = source.page(None, args.search, rows, curves=not args.json)
    yield page
    while args.all and page.following is not None:
        page = source.page(page.following, args.search, rows, page.before + len(page.machines), curves=not args.json)
        yield page


def _show_pages(choice: ServerChoice, pages: Iterator[MachinePage], args: argparse.Namespace) -> int:
    read = list(pages)
    first = read[0]
    machines = [machine for page in read for machine in page.machines]
    if args.json:
        write_json(
            {
                "time": first.asked,
                "server": choice.address.shown,
                "counts": {state.value: first.counts.get(state, 0) for state in State},
                "found": first.found,
                "machines": [words.machine_json(machine, at) for at, machine in enumerate(machines, start=1)],
            }
        )
        return 0
    console = make_console()
    write_line(words.headline(first))
    if not machines:
        write_line(_("No machine matches '{text}'.").format(text=printable(args.search.strip())))
        return 0
    console.print(_table(machines, first.asked or 0.0))
    shown = _("{count} of {found} shown").format(count=f"{len(machines):,}", found=f"{first.found:,}")
    write_line(f"{choice.address.shown} · {words.answering_words(first)} · {shown}")
    return 0


def _table(machines: list[Machine], asked: float) -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    heads = (
        (_("State"), "", False), (_("Machine"), "", False), (_("Room"), _("GiB"), True), (_("RAM"), _("GiB"), True),
        (_("Room"), _("10 min"), False), (_("Swap"), _("used"), True), (_("Pressure"), _("10 s"), True),
        (_("Forecast"), "", False), (_("Next"), _("kernel"), False), (_("Ends"), _("with it"), True), (_("Last kill"), "", True),
    )  # fmt: skip
    for head, unit, right in heads:
        title = Text(head).append(f"\n{unit}", style="not bold dim")
        table.add_column(title, justify="right" if right else "left", no_wrap=True, overflow="ellipsis")
    for machine in machines:
        style = _STYLES.get(machine.state, "")
        table.add_row(
            Text(state_word(machine.state), style=style),
            Text(printable(machine.name), style="bold"),
            _cell(format_gib(machine.room, 1)),
            _cell(format_gib(machine.memory, 0)),
            Text(spark(machine), style="dim"),
            _cell(format_percent(machine.swap_used)),
            _cell(words.pressure_words(machine.pressure)),
            Text(words.forecast_words(machine, asked), style=style if machine.forecast else "dim"),
            _cell(words.next_words(machine)),
            _cell(words.ends_words(machine)),
            _cell(words.last_kill_words(machine, asked)),
        )
    return table


def _cell(text: str) -> "Text":
    from rich.text import Text

    return Text(text, style="dim" if text == UNKNOWN else "")


def spark(machine: Machine) -> str:
    """The room of the last ten minutes in small blocks, of all memory and swap."""
    top = (machine.memory or 0) + (machine.swap or 0)
    if not machine.lately or not top:
        return ""
    count = min(_SPARK_CELLS, len(machine.lately))
    step = len(machine.lately) / count
    values = [machine.lately[min(len(machine.lately) - 1, int((at + 1) * step) - 1)].value for at in range(count)]
    return "".join(_BLOCKS[min(len(_BLOCKS) - 1, max(0, int(value / top * len(_BLOCKS))))] for value in values)


def _show_machine(source: FleetSource, args: argparse.Namespace) -> int:
    page = source.page(None, args.machine, 1, curves=False, exact=True)
    if not page.machines:
        unknown = _("No machine is named “{name}”. Look for it: guardian fleet WORDS")
        raise CommandFailed(unknown.format(name=printable(args.machine[:LONGEST_SEARCH])))
    machine, asked = page.machines[0], page.asked or 0.0
    minutes = source.minutes_before(machine, asked)
    if args.json:
        write_json(
            {
                "time": asked,
                **words.machine_json(machine, 1),
                "minutes_before": None if minutes is None else [list(point) for point in minutes.room],
            }
        )
        return 0
    write_line(f"{printable(machine.name)}  {words.since_words(machine, asked)}")
    for line in (words.outlook_words(machine), words.growth_words(machine), words.machine_words(machine)):
        if line:
            write_line(line)
    if minutes is None:
        write_line(_("No kill is known of it."))
        return 0
    write_line(words.kill_words(minutes.kill, asked))
    if not minutes.room:
        write_line(_("The server has no values of the minutes before it."))
    for point in minutes.room[::4]:
        moment = round(point.time - minutes.kill.time)
        bar = spark(machine._replace(lately=(point,)))
        write_line(f"{moment:+5d} s  {format_gib(point.value, 1):>8} GiB  {bar}".replace("-", "−"))
    return 0


def _log_in(file: SettingsFile, choice: ServerChoice, args: argparse.Namespace) -> int:
    from guardian.adapters.fleet_login import LoginNotKept, keep_login

    if args.user is not None and not args.user:
        raise WrongUsage(_("Not done: --user needs a name. See: guardian fleet --help"))
    prompt = _("Password: ") if args.user is not None else _("Token: ")
    # Where it is not kept anyway, nothing is typed.
    secret = _ask_secret(prompt) if choice.address.is_private else ""
    try:
        keep_login(file, choice.address, args.user or "", secret)
    except LoginNotKept as error:
        raise CommandFailed(str(error)) from error
    write_line(_("Stored in the keyring for {server}.").format(server=choice.address.shown))
    return 0


def _ask_secret(prompt: str) -> str:
    if sys.stdin is None or not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n") if sys.stdin is not None else ""
    import getpass

    return getpass.getpass(prompt)


def _log_out(file: SettingsFile, choice: ServerChoice) -> int:
    from guardian.adapters.fleet_login import LoginNotKept, forget_login

    try:
        had = forget_login(file, choice.address)
    except LoginNotKept as error:
        raise CommandFailed(str(error)) from error
    told = _("Taken out of the keyring.") if had else _("Nothing was stored for {server}.")
    write_line(told.format(server=choice.address.shown))
    return 0
