"""Every command by name, what it is for, and the module that runs it; nothing is imported before it is asked for.

A command's module has `run(args) -> int` and may have `add_arguments(parser)`, `DESCRIPTION` and `EXAMPLES`.  A command whose
module is not installed is not offered.
"""

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import NamedTuple

from guardian.protocol.i18n import N_


class Command(NamedTuple):
    """One command: its name on the command line, its module in this package, one line of purpose and its group in the help."""

    name: str
    module: str
    summary: str
    group: str

    @property
    def offered(self) -> bool:
        """Whether the module that runs it is there."""
        return find_spec(f"guardian.cli.{self.module}") is not None

    def load(self) -> ModuleType:
        """The module that runs it."""
        return import_module(f"guardian.cli.{self.module}")


LOOK = N_("See")
ASK = N_("Ask")
ACT = N_("Act")
KEEP = N_("Keep and play back")
RUN = N_("Run and set up")
GROUPS = (LOOK, ASK, ACT, KEEP, RUN)

COMMANDS: tuple[Command, ...] = (
    Command("victims", "victims", N_("whom the kernel would end when memory runs out, in its own order"), LOOK),
    Command("watch", "watch", N_("the same list, live"), LOOK),
    Command("state", "state", N_("how near the machine is to running out, and how long it has"), LOOK),
    Command("growth", "growth", N_("programs that grow steadily"), LOOK),
    Command("history", "history", N_("what was ended here before, by which killer and why"), LOOK),
    Command("fleet", "fleet", N_("other machines, most endangered first, through a Prometheus server"), LOOK),
    Command("explain", "explain", N_("why one process stands where it stands"), ASK),
    Command("what-if", "what_if", N_("the order that would result from another adjustment, process or swap size"), ASK),
    Command("enough", "enough", N_("whether the kernel would grant an allocation now"), ASK),
    Command("pin", "pin", N_("protect a program, or let it be ended first"), ACT),
    Command("unpin", "unpin", N_("take a protection back"), ACT),
    Command("pins", "pins", N_("protections, as wished and as held"), ACT),
    Command("run", "run_scoped", N_("start a program protected, sacrificed or limited"), ACT),
    Command("limit", "limit", N_("hold a running program's memory at a limit"), ACT),
    Command("swap-out", "swap_out", N_("move what a program does not use to swap"), ACT),
    Command("settings", "settings", N_("the kernel's memory settings: meaning, advice, effect"), ACT),
    Command("drill", "drill", N_("a fire drill in a confined group"), ACT),
    Command("record", "record", N_("keep what the kernel says, for a bug report or a later look"), KEEP),
    Command("replay", "replay", N_("what happened in a recording, and what was predicted"), KEEP),
    Command("agent", "agent", N_("the background part: watches, judges and warns"), RUN),
    Command("config", "config", N_("OOM Guardian's own settings"), RUN),
    Command("channels", "channels", N_("where alerts go beyond this machine"), RUN),
    Command("doctor", "doctor", N_("what works here, what is missing and how to get it"), RUN),
)


def offered_commands() -> tuple[Command, ...]:
    """The commands that can be run here."""
    return tuple(command for command in COMMANDS if command.offered)
