"""Limits of groups: by the group's own file, and by the manager on a real bus that a stand-in of systemd answers on.

The real systemd, and what a real kernel makes of a limit, are tried in tests/vm.
"""

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from jeepney import HeaderFields, MessageType, new_error, new_method_return

from guardian.adapters.group_limiter import GroupLimiter
from guardian.adapters.session_bus import BusLost, connect
from guardian.kernel.tree import KernelTree
from guardian.policy.acts import GroupLimit
from guardian.policy.group_limit import LimitRefused, Place, place_of
from tests.conftest import PrivateBus

MIB = 1 << 20
UNIT = "/user.slice/user@1000.service/app.slice/app-x-1.scope"
V2 = "29 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
V1 = "30 23 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"


class Groups:
    """A hierarchy of groups as plain files."""

    def __init__(self, root: Path, mounts: str = V2) -> None:
        self.root, self.tree = root, KernelTree(str(root))
        (root / "proc/self").mkdir(parents=True)
        (root / "proc/self/mountinfo").write_text(mounts)

    def make(self, path: str, **files: str) -> Path:
        folder = self.root / "sys/fs/cgroup" / path.strip("/")
        folder.mkdir(parents=True)
        for name, text in {"memory.high": "max\n", "memory.current": f"{90 * MIB}\n", **files}.items():
            (folder / name).write_text(text)
        return folder


@pytest.fixture
def groups(tmp_path: Path) -> Groups:
    return Groups(tmp_path / "machine")


@pytest.fixture
def nowhere(tmp_path: Path) -> dict[str, str]:
    """An environment without any bus."""
    return {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={tmp_path}/none", "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={tmp_path}/none"}


def test_a_group_of_ones_own_by_its_file(groups: Groups, nowhere: dict[str, str]) -> None:
    folder = groups.make("/mine")
    limiter, place = GroupLimiter(groups.tree, nowhere), Place("/mine", None, user=False)
    done = limiter.limit(place, 100 * MIB)
    assert done == GroupLimit("/mine", None, 100 * MIB)
    assert (folder / "memory.high").read_text().startswith(str(100 * MIB))
    assert limiter.held("/mine") == (90 * MIB, 100 * MIB)
    assert limiter.put_back(place, GroupLimit("/mine", done.now, done.before)) == GroupLimit("/mine", 100 * MIB, None)
    assert limiter.held("/mine") == (90 * MIB, None)


def test_what_somebody_else_set_since_is_left_alone(groups: Groups, nowhere: dict[str, str]) -> None:
    folder = groups.make("/mine")
    limiter, place = GroupLimiter(groups.tree, nowhere), Place("/mine", None, user=False)
    done = limiter.limit(place, 100 * MIB)
    (folder / "memory.high").write_text(f"{70 * MIB}\n")
    assert limiter.put_back(place, GroupLimit("/mine", done.now, done.before)) is None
    assert limiter.held("/mine")[1] == 70 * MIB


def test_refusals_say_why(groups: Groups, nowhere: dict[str, str], tmp_path: Path) -> None:
    groups.make("/mine")
    limiter = GroupLimiter(groups.tree, nowhere)
    with pytest.raises(LimitRefused, match="at least 16 MiB"):
        limiter.limit(Place("/mine", None, user=False), MIB)
    with pytest.raises(LimitRefused, match="has ended"):
        limiter.limit(Place("/gone", None, user=False), 100 * MIB)
    with pytest.raises(LimitRefused, match=r"cannot be seen"):
        limiter.limit(Place("/../etc", None, user=False), 100 * MIB)
    old = Groups(tmp_path / "old", V1)
    with pytest.raises(LimitRefused, match="version 1"):
        GroupLimiter(old.tree, nowhere).limit(Place("/mine", None, user=False), 100 * MIB)


class StandIn:
    """Answers SetUnitProperties as systemd does, writing the group's file; other units it does not know."""

    def __init__(self, address: str, folder: Path) -> None:
        self.asked: list[object] = []
        self._folder = folder
        self._bus = connect(address)
        assert self._bus.request_name("org.freedesktop.systemd1")
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        import select

        poll = select.poll()
        poll.register(self._bus, select.POLLIN)
        while not self.asked:
            poll.poll(20_000)
            try:
                messages = self._bus.receive()
            except BusLost:
                return
            for message in messages:
                if message.header.message_type is MessageType.method_call:
                    assert message.header.fields[HeaderFields.member] == "SetUnitProperties"
                    assert message.header.fields[HeaderFields.signature] == "sba(sv)"
                    unit, _runtime, properties = message.body
                    self.asked.append(message.body)
                    if unit == "app-x-1.scope":
                        value = properties[0][1][1]
                        (self._folder / "memory.high").write_text("max" if value == (1 << 64) - 1 else str(value))
                        self._bus.send(new_method_return(message))
                    else:
                        self._bus.send(new_error(message, "org.freedesktop.systemd1.NoSuchUnit", "s", ("Unit not loaded.",)))

    def close(self) -> None:
        self._thread.join(25)
        self._bus.close()


@pytest.fixture
def manager(private_bus: PrivateBus, groups: Groups) -> Iterator[StandIn]:
    with closing(StandIn(private_bus.address, groups.make(UNIT))) as made:
        yield made


@pytest.mark.parametrize("high", [100 * MIB, None])
def test_a_unit_is_limited_by_its_manager_for_this_run_alone(
    manager: StandIn, groups: Groups, private_bus: PrivateBus, high: int | None
) -> None:
    place = place_of(UNIT)
    assert place is not None
    done = GroupLimiter(groups.tree, {"DBUS_SESSION_BUS_ADDRESS": private_bus.address}).limit(place, high)
    assert done == GroupLimit(UNIT, None, high)
    wanted = (1 << 64) - 1 if high is None else high
    assert manager.asked == [("app-x-1.scope", True, [("MemoryHigh", ("t", wanted))])]


def test_what_the_manager_refuses_is_not_written_behind_its_back(
    manager: StandIn, groups: Groups, private_bus: PrivateBus
) -> None:
    folder = groups.make("/user.slice/user@1000.service/app.slice/other.scope")
    place = Place("/user.slice/user@1000.service/app.slice/other.scope", "other.scope", user=True)
    with pytest.raises(LimitRefused, match="refuses: Unit not loaded"):
        GroupLimiter(groups.tree, {"DBUS_SESSION_BUS_ADDRESS": private_bus.address}).limit(place, 100 * MIB)
    assert (folder / "memory.high").read_text() == "max\n"


def test_without_a_manager_the_owner_writes(groups: Groups, private_bus: PrivateBus) -> None:
    folder = groups.make(UNIT)
    place = place_of(UNIT)
    assert place is not None
    GroupLimiter(groups.tree, {"DBUS_SESSION_BUS_ADDRESS": private_bus.address}).limit(place, 100 * MIB)
    assert (folder / "memory.high").read_text().startswith(str(100 * MIB))
