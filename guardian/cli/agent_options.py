"""What `guardian agent` can be told: whether it serves a server without a session, and to whom it shows its metrics."""

import argparse
from typing import NamedTuple

from guardian.cli.failure import WrongUsage
from guardian.cli.parser import whole_from
from guardian.protocol.i18n import _
from guardian.protocol.metrics import MOST_TOP, TOP


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


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add them all to a parser."""
    parser.add_argument(
        "--system", action="store_true", help=_("serve a machine without a session: no bus, no acts; log and metrics alone")
    )
    served = parser.add_argument_group(_("metrics"))
    served.add_argument(
        "--metrics", metavar=_("HOST:PORT"), help=_("serve OpenMetrics there for Prometheus; without HOST on this machine alone")
    )
    served.add_argument(
        "--textfile", metavar=_("DIR"), help=_("write them to DIR as well, for the textfile collector of node_exporter")
    )
    served.add_argument("--metrics-cert", metavar=_("FILE"), help=_("serve over TLS with this certificate (PEM)"))
    served.add_argument("--metrics-key", metavar=_("FILE"), help=_("its key, which nobody but the agent may read"))
    served.add_argument(
        "--metrics-client-ca", metavar=_("FILE"), help=_("answer only those whose certificate is signed by one of these")
    )
    served.add_argument("--metrics-plain", action="store_true", help=_("let other machines read them without TLS"))
    served.add_argument("--redact", action="store_true", help=_("put stand-ins for the names of programs and units"))
    served.add_argument(
        "--top",
        type=whole_from(0, MOST_TOP),
        default=TOP,
        metavar="N",
        help=_("how many victims have metrics of their own ({count} unless given)").format(count=TOP),
    )


def options_of(args: argparse.Namespace) -> AgentOptions:
    """The options that a parser found.  Raises WrongUsage where some lack what they belong to."""
    if args.metrics is None and (args.metrics_cert or args.metrics_key or args.metrics_client_ca or args.metrics_plain):
        raise WrongUsage(_("Certificates are for metrics that are served: give --metrics HOST:PORT as well"))
    return AgentOptions(
        system=args.system,
        metrics=args.metrics,
        textfile=args.textfile,
        certificate=args.metrics_cert,
        key=args.metrics_key,
        clients=args.metrics_client_ca,
        plain=args.metrics_plain,
        redact=args.redact,
        top=args.top,
    )
