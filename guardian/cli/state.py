"""`guardian state`: how near the machine is to running out, as the agent judges it, else by a sample of two seconds."""

import argparse
import time
from typing import Any

from guardian.adapters.agent_client import NoAgent, ask_agent
from guardian.adapters.killers import KillersHere
from guardian.adapters.session_bus import NoBus
from guardian.cli.measure import page_size_here, tree_of
from guardian.cli.output import write_json, write_line
from guardian.cli.parser import add_json
from guardian.engine import Engine
from guardian.kernel.tree import KernelTree
from guardian.model.verdict import Grower, NextVictim, State, Verdict
from guardian.policy.evidence_words import evidence_line
from guardian.policy.headline import forecast_line, killer_name, state_line
from guardian.protocol.agent import SILENT_SECONDS
from guardian.protocol.i18n import N_, _, ngettext
from guardian.protocol.printable import printable
from guardian.protocol.quantities import format_bytes
from guardian.sampling.live import LiveSampler

DESCRIPTION = N_(
    "Says how near the machine is to running out of memory, on what evidence, and whom each killer would take next.\n"
    "Asks the running agent; where none runs, measures for two seconds."
)
EXAMPLES = N_("""
guardian state                       in words
guardian state --json                for programs
guardian state >/dev/null || echo "memory gets short"
""")
EXIT_CODES = N_("exit code: 0 calm, 10 watch, 20 warning, 30 critical, 1 failed (one line on stderr says why), 2 wrong usage")
CODES = {State.CALM: 0, State.WATCH: 10, State.WARNING: 20, State.CRITICAL: 30, State.NO_DATA: 1}
SAMPLE_SECONDS = 2.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `guardian state`."""
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print the state; the exit code tells it too."""
    verdict, why = _asked() if args.root == "/" else (None, "")
    if verdict is None:
        verdict = measured(tree_of(args), SAMPLE_SECONDS)
    if args.json:
        write_json(json_verdict(verdict, "sample" if why or args.root != "/" else "agent"))
    else:
        _show(verdict, why)
    return CODES[verdict.state]


def _asked() -> tuple[Verdict | None, str]:
    """The agent's verdict, or why there is none that counts."""
    try:
        verdict = ask_agent()
    except (NoBus, NoAgent) as reason:
        return None, str(reason)
    if verdict.state is State.NO_DATA or time.time() - verdict.time > SILENT_SECONDS:
        return None, _("The agent measures nothing.")
    return verdict, ""


def measured(tree: KernelTree, seconds: float) -> Verdict:
    """A verdict of our own, from two looks some seconds apart.  Raises KernelFileError when even meminfo cannot be had."""
    with LiveSampler(tree, page_size_here()) as source:
        engine = Engine(source, time, killers=KillersHere())
        engine.tick()
        time.sleep(seconds)
        return engine.tick(woken=True)


def json_verdict(verdict: Verdict, source: str) -> dict[str, Any]:
    """The verdict with the keys of the contract; `source` is "agent" or "sample".

    `classic` has an entry for each of the five checks of out_of_memory() that could be evaluated.
    """
    return {
        "state": verdict.state.value,
        "time": verdict.time,
        "source": source,
        "room": verdict.room,
        "room_memory": verdict.room_memory,
        "room_swap": verdict.room_swap,
        "pressure": {"some": verdict.pressure_some, "full": verdict.pressure_full},
        "seconds_left": None if verdict.seconds_left is None else verdict.seconds_left[1],
        "seconds_left_range": None if verdict.seconds_left is None else [verdict.seconds_left[0], verdict.seconds_left[2]],
        "evidence": [one._asdict() for one in verdict.evidence],
        "classic": [one._asdict() for one in verdict.classic],
        "next_victims": [_json_next(one) for one in verdict.next_victims],
        "growers": [_json_grower(one) for one in verdict.growers],
    }


def _json_next(one: NextVictim) -> dict[str, Any]:
    return {
        "killer": one.killer,
        "acts_when": one.acts_when,
        "distance": one.distance,
        "nearness": one.nearness,
        "victim": {
            "pid": one.key.pid if one.key else None,
            "start_ticks": one.key.start_ticks if one.key else None,
            "name": one.name,
            "cgroup": one.cgroup,
            "frees": one.frees,
        },
        "also_dies": one.also_dies,
    }


def _json_grower(one: Grower) -> dict[str, Any]:
    return {
        "name": one.name,
        "pid": one.key.pid,
        "start_ticks": one.key.start_ticks,
        "processes": one.processes,
        "memory": one.memory,
        "growth": one.growth,
    }


def _show(verdict: Verdict, why: str) -> None:
    write_line(state_line(verdict))
    write_line(forecast_line(verdict))
    write_line()
    for evidence in verdict.evidence:
        write_line(evidence_line(evidence))
    for one in verdict.next_victims:
        write_line(_next_line(one))
    write_line()
    write_line(_("{why} Measured for 2 s.").format(why=why) if why else _("As the running agent judges."))


def _next_line(one: NextVictim) -> str:
    """Who would take whom, when, and what that frees."""
    name = printable(one.name or one.cgroup or "?")
    whom = _("{name} ({pid})").format(name=name, pid=one.key.pid) if one.key else name
    line = _("{killer} ({condition}): {whom}, frees {size}; {distance}").format(
        killer=killer_name(one), condition=one.acts_when, whom=whom, size=format_bytes(one.frees), distance=one.distance
    )
    if one.also_dies:
        more = ngettext("{count} process more ends with it", "{count} processes more end with it", one.also_dies)
        line += "; " + more.format(count=one.also_dies)
    return line
