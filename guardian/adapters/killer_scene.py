"""The scene of killers on this machine: who is installed and runs, and what managers say of units that may die as one."""

import os
from collections.abc import Callable
from pathlib import Path

from guardian.adapters.killers import KillersHere
from guardian.adapters.unit_plans import effective_plan
from guardian.kernel.mounts import memory_hierarchy, read_mounts
from guardian.kernel.tree import KernelTree
from guardian.model.constraints import tightest_limits
from guardian.model.killer_scene import KillerHere, KillerScene, UnitTogether, units_together
from guardian.model.killers import OomdRules, PercentRules, Rules
from guardian.protocol.plans import UnitPlan
from guardian.sampling.sample import Sample

_PROGRAMS = {
    "systemd-oomd": ("usr/lib/systemd/systemd-oomd", "lib/systemd/systemd-oomd"),
    "earlyoom": ("usr/bin/earlyoom", "usr/sbin/earlyoom", "usr/local/bin/earlyoom"),
    "nohang": ("usr/sbin/nohang", "usr/bin/nohang", "usr/local/sbin/nohang", "usr/local/bin/nohang"),
}

PlanOf = Callable[[str, bool], UnitPlan | None]


def plan_here(unit: str, user: bool) -> UnitPlan | None:
    """What the manager of a unit has for it; None where none answers."""
    return effective_plan(unit, user=user)


def look_at_killers(sample: Sample, root: str = "/", plan_of: PlanOf = plan_here) -> KillerScene:
    """The scene of a sample with its table; takes as long as a manager needs to answer for a few units."""
    processes, cgroups = sample.processes or (), sample.cgroups or ()
    here = KillersHere(root)
    rules = {_name(one): one for one in here.look(processes, [one.path for one in cgroups])}
    early = next((one.pid for one in processes if one.name == "earlyoom"), None)
    arguments = tuple(here.command_line(early)) if early is not None else ()
    killers = tuple(
        KillerHere(name, _installed(root, name), rules.get(name), arguments if name == "earlyoom" else ()) for name in _PROGRAMS
    )
    oomd = rules.get("systemd-oomd")
    units = units_together(processes, cgroups, oomd if isinstance(oomd, OomdRules) else None)
    mounts = memory_hierarchy(read_mounts(KernelTree(root)))
    return KillerScene(
        memory=sample.memory,
        killers=killers,
        limits=tightest_limits(cgroups, sample.memory, sample.page_size),
        units=tuple(_as_managed(unit, plan_of) for unit in units),
        pressure=sample.pressure is not None,
        unified=mounts is None or mounts.version == 2,
    )


def _as_managed(unit: UnitTogether, plan_of: PlanOf) -> UnitTogether:
    """With what its manager has; that of another user is not asked."""
    if unit.user and f"/user@{os.geteuid()}.service/" not in unit.path:
        return unit._replace(mine=False)
    plan = plan_of(unit.unit, unit.user)
    return unit if plan is None else unit._replace(policy=plan.oom_policy, preference=plan.managed_oom_preference)


def _name(rules: Rules) -> str:
    return rules.name if isinstance(rules, PercentRules) else "systemd-oomd"


def _installed(root: str, name: str) -> bool:
    return any((Path(root) / path).exists() for path in _PROGRAMS[name])
