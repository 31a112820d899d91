"""From the options of `guardian agent` to metrics that are served: what was asked for is checked before anything starts."""

import threading
from collections.abc import Callable
from pathlib import Path

from guardian.adapters.metrics_address import NotServed, check_reach, find_address, find_certificates
from guardian.adapters.metrics_export import MetricsExport, Wanted, last_kill
from guardian.cli.agent_options import AgentOptions
from guardian.cli.agent_watch import Watch
from guardian.cli.failure import CommandFailed
from guardian.engine import Engine
from guardian.kernel.tree import KernelTree
from guardian.model.history import Kill
from guardian.model.verdict import Verdict
from guardian.protocol.i18n import _


class Export:
    """An agent's metrics.  `history`: where kills are kept, None for the user's place.  Raises CommandFailed."""

    def __init__(self, options: AgentOptions, tree: KernelTree, say: Callable[[str], None], history: Path | None = None) -> None:
        self._say, self._history = say, history
        self._metrics = MetricsExport(_wanted(options), tree, say)

    def open(self, *, locked: bool) -> None:
        """Begin to serve, and learn of the last kill without waiting for a disk.  Raises CommandFailed."""
        try:
            self._metrics.open(locked=locked)
        except NotServed as reason:
            raise CommandFailed(str(reason)) from reason
        threading.Thread(target=self._recall, name="last kill", daemon=True).start()

    def tick(self, verdict: Verdict, engine: Engine, watch: Watch) -> None:
        """Show one look."""
        if engine.sample is not None:
            self._metrics.tick(verdict, engine.sample, engine.snapshot, watch.looks, watch.seconds)

    def kept(self, kill: Kill) -> None:
        """Count a kill, once however often it is told; from any thread."""
        self._metrics.kept(kill)

    def renew(self) -> None:
        """Take renewed certificates; where they do not do, the old ones stay."""
        try:
            self._metrics.renew()
        except NotServed as reason:
            self._say(_("{reason}. The certificate from before stays in use").format(reason=reason))

    def close(self) -> None:
        """Show nothing any more."""
        self._metrics.close()

    def _recall(self) -> None:
        kill = last_kill(self._history)
        if kill is not None:
            self._metrics.kept(kill)


def _wanted(options: AgentOptions) -> Wanted:
    folder = options.textfile
    if folder is not None and not Path(folder).is_dir():
        raise CommandFailed(_("{folder} is no folder: give the one that node_exporter reads").format(folder=folder))
    wanted = Wanted(textfile=folder, redact=options.redact, top=options.top)
    if options.metrics is None:
        return wanted
    try:
        address = find_address(options.metrics)
        certificates = find_certificates(options.certificate, options.key, options.clients)
        check_reach(address, certificates, plain=options.plain)
    except NotServed as reason:
        raise CommandFailed(str(reason)) from reason
    return wanted._replace(address=address, certificates=certificates)
