"""Carries out what a user asks of a program's group: a limit, and moving to swap what it does not use.

What was refused is in the answer, nothing is raised.
"""

import time
from collections.abc import Iterable

from guardian.adapters.cold_memory import ColdMemory, NotSwappedOut
from guardian.adapters.group_limiter import GroupLimiter
from guardian.adapters.signals import lives
from guardian.kernel.cgroup import parse_membership
from guardian.kernel.process import ProcessKey
from guardian.policy.acts import Act, Done, GroupLimit, LimitOrder, SwapOutOrder
from guardian.policy.group_limit import LimitRefused, place_of
from guardian.protocol.i18n import _


class GroupActs:
    """Acts on groups of memory; each is read back."""

    def __init__(self, limiter: GroupLimiter | None = None, cold: ColdMemory | None = None) -> None:
        self._limiter, self._cold = limiter or GroupLimiter(), cold or ColdMemory()

    def limit(self, order: LimitOrder) -> Done:
        """Hold a group at a limit, or take one away."""
        limits: tuple[GroupLimit, ...] = ()
        refusals: tuple[str, ...] = ()
        # The dialog may have stood open while the program moved, or ended and its group with it.
        if not any(_group_of(process.key) == order.place.path for process in order.processes):
            refusals = (_("{name} had already ended. Nothing was limited.").format(name=order.label),)
        else:
            try:
                limits = (self._limiter.limit(order.place, order.high),)
            except LimitRefused as refusal:
                refusals = (str(refusal),)
        return Done(order, Act(order.label, time.time(), limits=limits), refusals)

    def swap_out(self, order: SwapOutOrder) -> Done:
        """Move what is not used to swap."""
        try:
            given = self._cold.swap_out(order.group, order.processes)
        except NotSwappedOut as refusal:
            return Done(order, Act(order.label, time.time()), (str(refusal),))
        return Done(order, Act(order.label, time.time(), swapped_out=given))

    def put_back(self, steps: Iterable[GroupLimit], refusals: list[str]) -> tuple[GroupLimit, ...]:
        """Give groups back what they had; one that has ended, or that somebody else limited since, is passed over."""
        done = []
        for limit in steps:
            place = place_of(limit.path)
            try:
                back = self._limiter.put_back(place, limit) if place is not None else None
            except LimitRefused as refusal:
                refusals.append(str(refusal))
            else:
                done += [back] if back is not None else []
        return tuple(done)


def _group_of(key: ProcessKey) -> str | None:
    """The group that a limit of a process would be set on, as /proc says now; None where it has ended."""
    if not lives(key):
        return None
    try:
        with open(f"/proc/{key.pid}/cgroup", encoding="utf-8", errors="replace") as file:
            place = place_of(parse_membership(file.read()))
    except OSError:
        return None
    return place.path if place is not None else None
