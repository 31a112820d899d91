"""Made-up machines of page Fleet."""

from guardian.model.verdict import State
from guardian.policy.fleet import Machine, MachinePage

GIB = 1 << 30
NOW = 1_790_000_000.0


def of(*machines: Machine) -> MachinePage:
    return MachinePage(machines, {State.CALM: len(machines)}, len(machines), 0, None, NOW)


def calm(name: str, **more: object) -> Machine:
    return Machine((("instance", name),), 0.5, State.CALM, room=GIB, memory=4 * GIB)._replace(**more)  # type: ignore[arg-type]
