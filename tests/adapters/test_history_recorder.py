"""What the agent keeps of its ticks, and of kills that come while it watches."""

import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from jeepney import new_signal
from jeepney.wrappers import DBusAddress

from guardian.adapters.history_recorder import HistoryRecorder
from guardian.adapters.history_store import HistoryStore
from guardian.adapters.history_writer import HistoryWriter
from guardian.adapters.oomd_signal import OOMD_INTERFACE, OOMD_NAME, OOMD_PATH, OomdSignal, killed_of
from guardian.adapters.poll_loop import PollLoop
from guardian.adapters.session_bus import connect
from guardian.kernel.meminfo import MemInfo
from guardian.kernel.process import Process, ProcessKey, ProcessMemory
from guardian.kernel.userspace_kill import UserspaceKill
from guardian.kernel.vmstat import VmStat
from guardian.model.history import Kill
from guardian.model.verdict import NextVictim, State, Verdict
from guardian.policy.alerts import Alert
from guardian.sampling.sample import Sample
from guardian.sampling.snapshot import Snapshot, interpret
from tests.conftest import PrivateBus

GIB = 1 << 30
HOG = b"x = bytearray(200 << 20)"


def process(pid: int, size: int) -> Process:
    memory = ProcessMemory(size, 0, 0, 0, 0)
    return Process(ProcessKey(pid, pid), f"p{pid}", 1, "S", 0, 1, uid=1000, memory=memory, oom_score_adj=0, oom_score=700)


def snapshot(at: float, processes: tuple[Process, ...], kills: int = 0) -> Snapshot:
    memory = MemInfo(8 * GIB, GIB, GIB, swap_total=0, swap_free=0)
    vmstat = VmStat({"oom_kill": kills})
    return interpret(Sample(at, at, 4096, memory, vmstat, None, None, None, None, None, processes), None)


def verdict(at: float, state: State = State.CALM, **more: object) -> Verdict:
    made = Verdict(at, state, GIB, GIB, 0, 0.0, 0.0, None, None, (), ())
    return made._replace(**more)  # type: ignore[arg-type]


class Kept:
    """A recorder without a kernel log, and all that it told and wrote."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "h"
        self.told: list[Kill] = []
        self.writer = HistoryWriter(self.path, flush_seconds=0.05)
        self.recorder = HistoryRecorder(PollLoop(), self.writer, self.told.append, kmsg=str(folder / "absent"))
        self.recorder.start()

    def store(self) -> HistoryStore:
        """What is on disk once all is written."""
        self.recorder.close()
        return HistoryStore(self.path, writable=False)


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    """Nothing outside the test is asked: neither journal nor system bus."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path}/no-bus")
    found = Kept(tmp_path)
    yield found
    found.recorder.close()


def test_a_snapshot_each_ten_seconds(kept: Kept) -> None:
    now = time.time()
    for second in range(35):
        kept.recorder.tick(verdict(now + second), snapshot(now + second, (process(5, GIB),)), ())
    with kept.store() as store:
        moments = store.moments(now - 1, now + 100)
    assert [round(one.time - now) for one in moments] == [0, 10, 20, 30]
    assert [(party.name, party.memory) for party in moments[0].largest] == [("p5", GIB)]
    assert moments[0].composition.total == 8 * GIB


def test_alerts_are_kept_with_their_end(kept: Kept) -> None:
    now = time.time()
    watch, warning = Alert(State.WATCH, now, "Watch: …"), Alert(State.WARNING, now + 2, "Warning: …")
    for at, alerts in ((0, (watch,)), (1, (watch,)), (2, (warning,)), (5, ())):
        kept.recorder.tick(verdict(now + at), snapshot(now + at, ()), alerts)
    with kept.store() as store:
        assert [(one.level, one.until) for one in store.alerts()] == [("watch", now + 2), ("warning", now + 5)]


def test_who_vanished_when_the_count_rose(kept: Kept) -> None:
    now = time.time()
    small, large = process(5, GIB), process(6, 3 * GIB)
    kept.recorder.tick(verdict(now), snapshot(now, (small, large), 3), ())
    kept.recorder.tick(verdict(now + 1), snapshot(now + 1, (small,), 4), (Alert(State.WATCH, now, "w"),))
    (kill,) = kept.told
    assert (kill.killer, kill.victim.pid, kill.sources) == ("kernel", 6, ("watched",))
    assert kill.doubt is not None
    kept.recorder.tick(verdict(now + 2), snapshot(now + 2, (), 4), ())
    assert len(kept.told) == 1
    with kept.store() as store:
        (stored,) = store.kills()
        assert stored.key is not None
        assert store.minutes_before(stored.key)


def test_a_killer_at_its_limit_is_named_and_forecasts_are_settled(kept: Kept) -> None:
    now = time.time()
    hog, other = process(6, 3 * GIB), process(5, GIB)
    next_one = NextVictim("earlyoom", "", "", 1.0, "p6", hog.key, None, 3 * GIB, 0)
    said = verdict(now, State.CRITICAL, next_victims=(next_one,), seconds_left=(1.0, 2.0, 9.0))
    kept.recorder.tick(said, snapshot(now, (hog, other)), (Alert(State.CRITICAL, now, "c"),))
    kept.recorder.tick(verdict(now + 3), snapshot(now + 3, (other,)), ())
    (kill,) = kept.told
    assert (kill.killer, kill.victim.pid) == ("earlyoom", 6)
    with kept.store() as store:
        (forecast,) = store.forecasts()
    assert (forecast.outcome, forecast.after) == ("kill", 3.0)


def test_the_journal_says_who_it_was(kept: Kept, tmp_path: Path) -> None:
    """The program journalctl is the test's own here: it prints what earlyoom writes, as the journal would."""
    now = time.time()
    line = {
        "MESSAGE": 'sending SIGTERM to process 6 uid 1000 "p6": badness 900, VmRSS 3072 MiB',
        "SYSLOG_IDENTIFIER": "earlyoom",
        "__REALTIME_TIMESTAMP": str(int(now * 1e6)),
    }
    program = tmp_path / "journalctl"
    (tmp_path / "entry").write_text(json.dumps(line) + "\n")
    program.write_text(f"#!/bin/sh\n/bin/cat {tmp_path / 'entry'}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    hog = process(6, 3 * GIB)
    near = NextVictim("earlyoom", "", "", 0.85, "p6", hog.key, None, 3 * GIB, 0)
    kept.recorder.tick(verdict(now, next_victims=(near,)), snapshot(now, (hog,)), ())
    kept.recorder.tick(verdict(now + 1, next_victims=()), snapshot(now + 1, ()), ())
    _until(lambda: _kills(kept.path) != [])
    ((killer, pid, doubt),) = _kills(kept.path)
    assert (killer, pid, doubt) == ("earlyoom", 6, None)


def test_oomd_tells_on_the_bus(private_bus: PrivateBus) -> None:
    heard: list[UserspaceKill] = []
    loop = PollLoop()
    listening = OomdSignal(loop, heard.append, {"DBUS_SYSTEM_BUS_ADDRESS": private_bus.address})
    assert listening.start()
    oomd = connect(private_bus.address)
    stranger = connect(private_bus.address)
    assert oomd.request_name(OOMD_NAME)
    emitter = DBusAddress(OOMD_PATH, interface=OOMD_INTERFACE)
    stranger.send(new_signal(emitter, "Killed", "ss", ("/nobody.scope", "a lie")))
    oomd.send(new_signal(emitter, "Killed", "ss", ("/user.slice/t.scope", "memory pressure for /user.slice being 60% > 50%")))
    until = time.monotonic() + 10
    while not heard and time.monotonic() < until:
        loop.turn(0.2)
    assert [(one.killer, one.cgroup, one.name) for one in heard] == [("systemd-oomd", "/user.slice/t.scope", "t.scope")]
    for one in (listening, oomd, stranger):
        one.close()


def test_a_signal_of_another_shape_is_none() -> None:
    emitter = DBusAddress(OOMD_PATH, interface=OOMD_INTERFACE)
    assert killed_of(new_signal(emitter, "Killed", "s", ("x",))) is None
    assert killed_of(new_signal(emitter, "Other", "ss", ("x", "y"))) is None


def test_without_a_system_bus_it_is_silent(tmp_path: Path) -> None:
    assert not OomdSignal(PollLoop(), print, {"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={tmp_path}/none"}).start()


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[Path]:
    """A memory cgroup of 64 MiB; skips where none may be made."""
    name = f"oom-guardian-test-{os.getpid()}"
    v1, v2 = Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup")
    group = (v1 if v1.is_dir() else v2) / name
    try:
        group.mkdir()
    except OSError as error:
        pytest.skip(f"no memory cgroup may be made here: {error}")
    try:
        limit = group / ("memory.limit_in_bytes" if v1.is_dir() else "memory.max")
        try:
            limit.write_text("64M")
        except OSError as error:
            pytest.skip(f"no memory limit may be set here: {error}")
        yield group
    finally:
        until = time.monotonic() + 5
        while group.exists() and time.monotonic() < until:
            with suppress(OSError):
                group.rmdir()
            time.sleep(0.05)


def test_a_real_kill_is_in_the_running_agents_history_within_two_seconds(
    limited: Path, private_bus: PrivateBus, checkout: Path, tmp_path: Path
) -> None:
    if not os.access("/dev/kmsg", os.R_OK):
        pytest.skip("/dev/kmsg may not be read here")
    data = tmp_path / "data"
    here = os.environ | {"PYTHONPATH": str(checkout), "XDG_DATA_HOME": str(data)}
    agent = subprocess.Popen([sys.executable, "-m", "guardian", "agent"], env=here, stderr=subprocess.DEVNULL)
    store = data / "oom-guardian" / "history.sqlite"
    try:
        _until(lambda: store.exists() and _moments(store) > 0, 30.0)
        # What the kernel's log held before is there too.
        time.sleep(0.5)
        code = f"import os; open({str(limited / 'cgroup.procs')!r}, 'w').write(str(os.getpid())); {HOG.decode()}"
        hog = subprocess.Popen([sys.executable, "-c", code])
        hog.wait()
        begun = time.monotonic()
        _until(lambda: any(pid == hog.pid for _killer, pid, _doubt in _kills(store)), 10.0)
        took = time.monotonic() - begun
        with HistoryStore(store, writable=False) as kept_now:
            (kill,) = [kill for kill in kept_now.kills() if kill.victim.pid == hog.pid]
        assert took < 2.0
        assert (kill.killer, kill.constraint, kill.memcg) == ("kernel", "memcg", f"/{limited.name}")
        assert kill.culprit is not None
        assert kill.culprit.pid == hog.pid
        assert kill.rescored.agrees is True
        assert hog.returncode == -9
    finally:
        agent.terminate()
        agent.wait(10)


def _kills(path: Path) -> list[tuple[str, int | None, str | None]]:
    if not path.exists():
        return []
    with HistoryStore(path, writable=False) as store:
        return [(kill.killer, kill.victim.pid, kill.doubt) for kill in store.kills()]


def _moments(path: Path) -> int:
    with HistoryStore(path, writable=False) as store:
        return len(store.moments(0, time.time() + 60))


def _until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "did not come in time"
        time.sleep(0.02)
