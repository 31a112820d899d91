"""What `guardian agent` can be told: whether it serves a server without a session, and to whom it shows its metrics.

Plainly written options are read here without argparse, which would stay in the memory of a program that lives for weeks.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from guardian.cli.failure import WrongUsage
from guardian.protocol.i18n import N_, _

if TYPE_CHECKING:
    import argparse


TOP, MOST_TOP = 10, 100


class AgentOptions(NamedTuple):
    """The options as given; `metrics` is an address, `textfile` a folder, the others are files."""

    system: bool = False
    metrics: str | None = None
    textfile: str | None = None
    certificate: str | None = None
    key: str | None = None
    clients: str | None = None
    plain: bool = False
    redact: bool = False
    top: int = TOP

    @property
    def exports(self) -> bool:
        """Whether anybody is to have metrics."""
        return self.metrics is not None or self.textfile is not None


class Option(NamedTuple):
    """One option of the command line, and the field of AgentOptions that it sets; a switch has no `metavar`."""

    flag: str
    field: str
    help: str
    metavar: str = ""
    kind: Literal["switch", "text", "count"] = "text"


OPTIONS = (
    Option("--system", "system", N_("serve a machine without a session: no bus, no acts; log and metrics alone"), kind="switch"),
    Option(
        "--metrics", "metrics", N_("serve OpenMetrics there for Prometheus; without HOST on this machine alone"), N_("HOST:PORT")
    ),
    Option("--textfile", "textfile", N_("write them to DIR as well, for the textfile collector of node_exporter"), N_("DIR")),
    Option("--metrics-cert", "certificate", N_("serve over TLS with this certificate (PEM)"), N_("FILE")),
    Option("--metrics-key", "key", N_("its key, which nobody but the agent may read"), N_("FILE")),
    Option("--metrics-client-ca", "clients", N_("answer only those whose certificate is signed by one of these"), N_("FILE")),
    Option("--metrics-plain", "plain", N_("let other machines read them without TLS"), kind="switch"),
    Option("--redact", "redact", N_("put stand-ins for the names of programs and units"), kind="switch"),
    Option("--top", "top", N_("how many victims have metrics of their own ({count} unless given)"), "N", "count"),
)


def add_options(parser: "argparse.ArgumentParser") -> None:
    """Add them all to a parser."""
    from guardian.cli.parser import whole_from

    served = parser.add_argument_group(_("metrics"))
    for option in OPTIONS:
        group = parser if option.field == "system" else served
        told = _(option.help).format(count=TOP)
        if option.kind == "switch":
            group.add_argument(option.flag, dest=option.field, action="store_true", help=told)
        elif option.kind == "count":
            kind = whole_from(0, MOST_TOP)
            group.add_argument(option.flag, dest=option.field, type=kind, default=TOP, metavar=option.metavar, help=told)
        else:
            group.add_argument(option.flag, dest=option.field, metavar=_(option.metavar), help=told)


def options_of(args: "argparse.Namespace") -> AgentOptions:
    """The options that a parser found.  Raises WrongUsage where some lack what they belong to."""
    return checked(AgentOptions(**{option.field: getattr(args, option.field) for option in OPTIONS}))


def plain_options(words: Sequence[str]) -> AgentOptions | None:
    """The options of a command line without abbreviations and mistakes; None leaves it to the parser.  Raises WrongUsage."""
    flags = {option.flag: option for option in OPTIONS}
    found: dict[str, bool | int | str] = {}
    rest = list(words)
    while rest:
        flag, equals, value = rest.pop(0).partition("=")
        option = flags.get(flag)
        if option is None or (option.kind == "switch" and equals):
            return None
        if option.kind == "switch":
            found[option.field] = True
            continue
        if not equals:
            if not rest or rest[0].startswith("-"):
                return None
            value = rest.pop(0)
        if option.kind == "count":
            if not (value.isascii() and value.isdigit() and int(value) <= MOST_TOP):
                return None
            found[option.field] = int(value)
        else:
            found[option.field] = value
    return checked(AgentOptions(**found))  # type: ignore[arg-type]


def checked(options: AgentOptions) -> AgentOptions:
    """The options, if none lacks what it belongs to.  Raises WrongUsage."""
    if options.metrics is None and (options.certificate or options.key or options.clients or options.plain):
        raise WrongUsage(_("Certificates are for metrics that are served: give --metrics HOST:PORT as well"))
    return options


def watch_by(root: str, options: AgentOptions) -> int:
    """Be the agent that the options ask for, to the end; only its own modules are loaded."""
    if options.system:
        from guardian.cli.system_agent import watch_system

        return watch_system(root, options)
    from guardian.cli.agent import watch

    return watch(root, options)
