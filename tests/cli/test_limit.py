"""`guardian limit` and `guardian swap-out`: what is asked of whom, and every refusal in one line."""

from collections.abc import Callable
from typing import Any

import pytest

from guardian.adapters.performer import Performer
from guardian.policy.acts import Act, Done, GroupLimit, LimitOrder, Order, SwapOutOrder, SwappedOut

Run = Callable[..., Any]
GROUP = "/user.slice/user-1000.slice/user@1000.service/app.slice/app-code-1.scope"
MIB = 1 << 20


@pytest.fixture
def machine(fake_root: Any) -> Any:
    """The fake machine with cgroup v2 and a program that has a group of its own."""
    fake_root.write("proc/self/mountinfo", "29 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n")
    for path, files in ((GROUP, {"memory.current": "900", "memory.max": "max", "memory.high": "max", "memory.events": ""}),):
        for name, text in {"cgroup.controllers": "memory\n", **files}.items():
            fake_root.write(f"sys/fs/cgroup{path}/{name}", f"{text}\n")
    fake_root.write("sys/fs/cgroup/cgroup.controllers", "memory\n")
    fake_root.add(900, "code", rss=64 * MIB, start=9000, cgroup=GROUP)
    fake_root.add(901, "rg", rss=8 * MIB, start=9001, cgroup=GROUP)
    return fake_root


@pytest.fixture
def orders(monkeypatch: pytest.MonkeyPatch) -> list[Order]:
    """What would have been carried out; the answer is that all went well."""
    given: list[Order] = []

    def perform(_self: Performer, order: Order) -> Done:
        given.append(order)
        if isinstance(order, LimitOrder):
            return Done(order, Act(order.label, 1.0, limits=(GroupLimit(order.place.path, None, order.high),)))
        return Done(order, Act("code", 1.0, swapped_out=SwappedOut(40 * MIB, 32 * MIB, 30 * MIB)))

    monkeypatch.setattr(Performer, "perform", perform)
    return given


def test_the_group_is_limited_and_named(guardian: Run, machine: Any, orders: list[Order]) -> None:
    said = guardian("--root", machine.folder, "limit", "900", "--to", "2G")
    assert said.code == 0
    assert said.out.splitlines() == [
        "code is held at 2.0 GiB, read back from memory.high; above it the kernel slows it down.",
        f"2 processes live in {GROUP}",
    ]
    assert guardian("--root", machine.folder, "limit", "900", "--none").out.startswith("code is not limited any more")
    assert [order.high for order in orders if isinstance(order, LimitOrder)] == [2 << 30, None]
    assert [order.place.user for order in orders if isinstance(order, LimitOrder)] == [True, True]


def test_what_moving_gave_is_said(guardian: Run, machine: Any, orders: list[Order]) -> None:
    said = guardian("--root", machine.folder, "swap-out", "900")
    assert said.out.startswith("code: 40 MiB left memory, 32 MiB of it went to swap. 30 MiB more memory is available now. ")
    (order,) = orders
    assert isinstance(order, SwapOutOrder)
    assert order.group == GROUP


@pytest.mark.parametrize(
    "arguments,code,words",
    [
        (("limit", "900"), 2, "how much? guardian limit 900 --to 2G, or --none"),
        (("limit", "900", "--to", "much"), 2, "is no size"),
        (("limit", "4000", "--to", "2G"), 1, "4000"),
        (("limit", "1", "--to", "2G"), 1, "which your session needs"),
        (("swap-out", "4000"), 1, "4000"),
    ],
)
def test_refusals(guardian: Run, machine: Any, orders: list[Order], arguments: tuple[str, ...], code: int, words: str) -> None:
    said = guardian("--root", machine.folder, *arguments)
    assert (said.code, said.out) == (code, "")
    assert words in said.err
    assert len(said.err.splitlines()) == 1
    assert orders == []
