"""The metrics of a machine: their names, labels, units and help, and the series that the recording rules make of them.

Both sides read them here: the agent that serves them, and whoever asks a Prometheus server.  A value that is not known has no
sample.  Values of single programs (`VICTIM_PREFIX`) are declared with the table's columns, in guardian/fields.py.
Source: OpenMetrics 1.0; prometheus.io "Metric and label naming", "Recording rules".
"""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

PREFIX: Final = "oom_guardian_"
VICTIM_PREFIX: Final = PREFIX + "victim_"

LAYER, PART, BOUND, SHARE = "layer", "part", "bound", "waiting"
KILLER, CONSTRAINT, PROGRAM, UNIT = "killer", "constraint", "program", "unit"
LAYERS: Final = ("kernel", "unowned", "programs", "shared", "zram", "unwritten", "clean", "free")
PARTS: Final = ("memory", "swap")
BOUNDS: Final = ("earliest", "likeliest", "latest")
SHARES: Final = ("some", "full")
# What takes the place of a name that is one too many.
OTHER: Final = "other"

# The states by name, and the number that STATE_LEVEL has in each.
STATE_LEVELS: Mapping[str, int] = {"no data": -1, "calm": 0, "watch": 1, "warning": 2, "critical": 3}


class Metric(NamedTuple):
    """One family of series; a counter's name ends in _total, and an info's in _info.

    `help` is in English, whatever the machine's language: a server keeps one text for all machines.
    """

    name: str
    help: str
    labels: tuple[str, ...] = ()
    kind: Literal["gauge", "counter", "info", "stateset"] = "gauge"
    unit: str = ""


def _gauge(name: str, text: str, *labels: str) -> Metric:
    units = ("bytes_per_second", "bytes", "seconds", "ratio")
    return Metric(PREFIX + name, text, labels, unit=next((unit for unit in units if name.endswith("_" + unit)), ""))


def victim_metric(name: str, hint: str) -> Metric:
    """The metric of one of the table's columns, for the likeliest victims; PROGRAM is its label."""
    return _gauge(f"victim_{name}", f"{hint}. For the likeliest process of each of the likeliest programs.", PROGRAM)


def _counter(name: str, text: str, *labels: str) -> Metric:
    units = ("seconds",)
    unit = next((unit for unit in units if name.endswith(f"_{unit}_total")), "")
    return Metric(PREFIX + name, text, labels, "counter", unit)


HEADROOM = _gauge("headroom_bytes", "What can still be used before reclaim has nothing left, in memory and swap together.")
HEADROOM_PART = _gauge("headroom_part_bytes", "The headroom by where it lies: in memory, and what swap adds to it.", PART)
MEMORY_SIZE = _gauge("memory_size_bytes", "All RAM that the kernel manages (MemTotal).")
SWAP_SIZE = _gauge("swap_size_bytes", "All swap (SwapTotal).")
SWAP_FREE = _gauge("swap_free_bytes", "Swap that is free (SwapFree).")
LAYER_SIZE = _gauge("layer_bytes", "RAM by what it is used for; the layers add up to all of it.", LAYER)
FORECAST = _gauge(
    "forecast_seconds", "How long the headroom would last as it falls now; no sample where it does not fall.", BOUND
)
SHRINKING = _gauge("shrinking_bytes_per_second", "How fast the headroom falls; no sample where it does not.")
STATE = Metric(PREFIX + "state", "How near the machine is to running out of memory.", kind="stateset")
STATE_LEVEL = _gauge("state_level", "The state as a number: -1 no data, 0 calm, 1 watch, 2 warning, 3 critical.")
STATE_SINCE = _gauge("state_since_timestamp_seconds", "When the state began, as Unix time.")
PRESSURE = _gauge("pressure_ratio", "Share of the last 10 s in which some, or all, tasks waited for memory.", SHARE)
PRESSURE_WAITED = _counter("pressure_waited_seconds_total", "Time in which some, or all, tasks waited for memory.", SHARE)
COMMITTED = _gauge("committed_bytes", "Memory that is promised to programs (Committed_AS).")
COMMIT_LIMIT = _gauge("commit_limit_bytes", "What may be promised where overcommit is off (CommitLimit).")
NEXT_NEARNESS = _gauge(
    "next_victim_nearness_ratio", "How near a killer is to ending its next victim: 0 far, 1 now.", KILLER, PROGRAM, UNIT
)
NEXT_FREES = _gauge("next_victim_frees_bytes", "What ending a killer's next victim would give back.", KILLER, PROGRAM, UNIT)
NEXT_PROCESSES = _gauge(
    "next_victim_processes", "Processes that would end with a killer's next victim, itself included.", KILLER, PROGRAM, UNIT
)
KILLS = _counter("kills_total", "Kills seen since the agent's start, by killer and by what ran out.", KILLER, CONSTRAINT)
KERNEL_KILLS = _counter("kernel_oom_kills_total", "Processes that the kernel ended for want of memory since its start.")
LAST_KILL = _gauge("last_kill_timestamp_seconds", "When the last kill that is known of happened, as Unix time.", KILLER, PROGRAM)
GROWER = _gauge("grower_bytes_per_second", "How fast the fastest growing programs grow, all of one name.", PROGRAM, UNIT)
GROWER_PROCESSES = _gauge("grower_processes", "How many processes the fastest growing programs have.", PROGRAM, UNIT)
PROCESSES = _gauge("processes", "Processes looked at in the last table.")
UNREADABLE = _gauge("unreadable_processes", "Processes whose files the agent may not read.")
VERIFIED = _gauge("model_verified_ratio", "Share of the kernel's own scores that the model of this kernel recomputes exactly.")
CHECKED = _gauge("model_checked_processes", "Processes whose score was recomputed in the last table.")
FORECAST_HELD = _gauge("forecast_held_ratio", "Share of the last forecasts that held, of those that could be checked.")
FORECAST_ERROR = _gauge("forecast_error_seconds", "By how much the last forecasts were usually off.")
MACHINE = Metric(PREFIX + "machine_info", "The kernel, how it chooses victims, and the system.", ("kernel", "era", "os"), "info")
AGENT = Metric(PREFIX + "agent_info", "The agent's own version.", ("version",), "info")
AGENT_LOOK = _gauge("agent_last_look_timestamp_seconds", "When the agent last looked at the machine, as Unix time.")
AGENT_START = _gauge("agent_start_timestamp_seconds", "When the agent started, as Unix time.")
AGENT_LOOKS = _counter("agent_looks_total", "Looks at the machine since the agent's start.")
AGENT_LOOKED = _counter("agent_looks_seconds_total", "Time that the looks and all that follows from them took.")
AGENT_CPU = _counter("agent_cpu_seconds_total", "CPU time that the agent used.")
AGENT_MEMORY = _gauge("agent_resident_memory_bytes", "The agent's own resident memory.")
AGENT_LOCKED = _gauge(
    "agent_memory_locked", "1 where the agent's memory is locked, so that it can speak while all else is swapped."
)
AGENT_SCRAPE_CPU = _counter("agent_scrapes_cpu_seconds_total", "CPU time that answering scrapes took.")

METRICS: tuple[Metric, ...] = (
    HEADROOM, HEADROOM_PART, MEMORY_SIZE, SWAP_SIZE, SWAP_FREE, LAYER_SIZE, FORECAST, SHRINKING, STATE, STATE_LEVEL, STATE_SINCE,
    PRESSURE, PRESSURE_WAITED, COMMITTED, COMMIT_LIMIT, NEXT_NEARNESS, NEXT_FREES, NEXT_PROCESSES, KILLS, KERNEL_KILLS, LAST_KILL,
    GROWER, GROWER_PROCESSES, PROCESSES, UNREADABLE, VERIFIED, CHECKED, FORECAST_HELD, FORECAST_ERROR, MACHINE, AGENT, AGENT_LOOK,
    AGENT_START, AGENT_LOOKS, AGENT_LOOKED, AGENT_CPU, AGENT_MEMORY, AGENT_LOCKED, AGENT_SCRAPE_CPU,
)  # fmt: skip

# What resources/prometheus/oom-guardian-recording.rules.yml records, all labels of the machine (job, instance, …) kept.
# By this a fleet is sorted: STATE_LEVEL, and after the point how much of RAM is not left; -1 where a machine was seen in the last
# week and gives nothing now.
DANGER: Final = "instance:oom_guardian_danger:score"
HEADROOM_SHARE: Final = "instance:oom_guardian_headroom:ratio"
# When each machine was last heard of; goes on for a week after it fell silent.
LAST_HEARD: Final = "instance:oom_guardian_last_heard:timestamp_seconds"
KILLS_LAST_HOUR: Final = "instance:oom_guardian_kills:increase1h"
# Over all machines: how many are in each state (label `state`, "no data" included), and their kills of the last hour.
MACHINES: Final = "state:oom_guardian_machines:count"
FLEET_KILLS: Final = "killer:oom_guardian_kills:increase1h"
RECORDED: Final = (DANGER, HEADROOM_SHARE, LAST_HEARD, KILLS_LAST_HOUR, MACHINES, FLEET_KILLS)
