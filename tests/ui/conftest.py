"""What tests of the window share: made-up processes, ranked by the real model."""

import gc
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from guardian.adapters.act_journal import ActJournal
from guardian.adapters.helper_client import HelperClient
from guardian.adapters.performer import Performer
from guardian.kernel.meminfo import MemInfo
from guardian.kernel.pressure import Pressure, Stall
from guardian.kernel.process import Process, ProcessKey, ProcessMemory, parse_stat
from guardian.kernel.swaps import SwapDevice
from guardian.model.composition import Composition
from guardian.model.domain import OomDomain
from guardian.model.era import Era, Verification
from guardian.model.verdict import Grower, NextVictim, State, Verdict
from guardian.model.victim import rank_victims
from guardian.sampling.sample import Sample
from guardian.sampling.snapshot import Snapshot
from guardian.ui.act_desk import ActDesk
from guardian.ui.collector import Collector
from guardian.ui.protection_page import ProtectionPage
from guardian.ui.scheme import Scheme
from guardian.ui.victims_page import VictimsPage
from guardian.ui.window_memory import WindowMemory

if TYPE_CHECKING:
    from guardian.ui.fleet_page import FleetPage

GIB, MIB, KIB = 1 << 30, 1 << 20, 1 << 10
PAGES = 6_171_024
SLICE = "/user.slice/user-1000.slice/user@1000.service/app.slice"

MakeProcess = Callable[..., Process]
SnapshotOf = Callable[..., Snapshot]


@pytest.fixture(scope="session", autouse=True)
def _application(qapp: QApplication) -> Iterator[None]:
    """Every test has the application, in whichever order they come; what they left goes before it does, in order."""
    # As in the program: in a thread beside, garbage of an earlier test would be taken apart while this thread paints.
    collector = Collector()
    yield
    gc.collect()
    # While the list is made, nothing of it may be collected: the collector stays until all is gone.
    for widget in qapp.topLevelWidgets():
        widget.deleteLater()
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    gc.collect()
    collector.stop()


@pytest.fixture(autouse=True)
def _usual_letters(qapp: QApplication) -> Iterator[None]:
    """A test that makes letters larger leaves none of it to the next."""
    font = QFont(qapp.font())
    yield
    if qapp.font() != font:
        qapp.setFont(font)


def process_of(
    pid: int,
    name: str = "worker",
    mib: float = 100,
    adj: int | None = 0,
    ppid: int = 1,
    uid: int | None = None,
    cgroup: str | None = f"{SLICE}/app-code-1.scope",
    start: int | None = None,
    **more: object,
) -> Process:
    """A process that holds `mib` of private memory, with a little of everything else."""
    memory = ProcessMemory(int(mib * MIB), 8 * MIB, 2 * MIB, 4 * MIB, 512 * KIB)
    key = ProcessKey(pid, pid * 10 if start is None else start)
    uid = os.getuid() if uid is None else uid
    score = 0 if adj == -1000 else 700
    made = Process(key, name, ppid, "S", 0, 4, uid=uid, memory=memory, oom_score_adj=adj, oom_score=score, cgroup=cgroup)
    return made._replace(**more)  # type: ignore[arg-type]


def snapshot_of(
    processes: Sequence[Process] | None, time: float = 1_790_000_000.0, growth: dict[ProcessKey, float] | None = None
) -> Snapshot:
    """The snapshot of a machine that runs these; None makes one without a table."""
    domain = OomDomain("global", PAGES, 4096)
    table = None if processes is None else tuple(processes)
    sample = Sample(time, time - 1_789_990_000.0, 4096, MemInfo(16 * GIB, 8 * GIB), None, None, None, None, None, None, table)
    victims = rank_victims(table or (), domain, Era.E8)
    layers = Composition(16 * GIB, GIB, 0, 4 * GIB, 0, None, 0, 3 * GIB, 8 * GIB)
    checked = Verification(len(table or ()), len(table or ()))
    return Snapshot(sample, "6.12.9", Era.E8, checked, domain, layers, 15 * GIB, 8 * GIB, 7 * GIB, victims, growth or {})


def crowd_of(count: int, seed: int = 1) -> list[Process]:
    """Many processes of mixed sizes, owners, parents and adjustments; pid 1 is their root."""
    chance = random.Random(seed)
    root = process_of(1, "systemd", 12, uid=0, ppid=0, cgroup="/init.scope", oom_score=0)
    others = (
        process_of(
            pid,
            chance.choice(("code", "firefox", "clang++", "java", "conmon", "bash")),
            chance.expovariate(1 / 120),
            chance.choice((0, 0, 0, 0, 100, 200, 300, -500, -1000)),
            ppid=chance.randrange(1, pid),
            uid=chance.choice((os.getuid(), 0, 977)),
            cgroup=chance.choice((None, "/system.slice/cron.service", f"{SLICE}/app-gnome-code-77.scope")),
        )
        for pid in range(2, count + 1)
    )
    return [root, *others]


@pytest.fixture
def make_process() -> MakeProcess:
    """Makes one process by pid, name, MiB and adjustment."""
    return process_of


@pytest.fixture
def snapshot() -> SnapshotOf:
    """Makes a snapshot of processes."""
    return snapshot_of


@pytest.fixture
def crowd() -> Callable[..., list[Process]]:
    """Makes many processes."""
    return crowd_of


def ticks(count: int, changing: float = 0.1, dying: int = 0, seed: int = 2, step: int = 60) -> Iterator[Snapshot]:
    """Endless snapshots of a crowd in which each second some grow or shrink by up to `step` MiB, some end and some are born."""
    chance, alive, now, pid = random.Random(seed), crowd_of(count), 1_790_000_000.0, count
    while True:
        yield snapshot_of(alive, now)
        now += 1
        for place in chance.sample(range(1, len(alive)), int(changing * (len(alive) - 1))):
            memory = alive[place].memory
            assert memory is not None
            grown = max(0, memory.rss_anon + chance.randrange(-step * MIB, step * MIB + 1))
            alive[place] = alive[place]._replace(memory=memory._replace(rss_anon=grown))
        for _death in range(dying):
            del alive[chance.randrange(1, len(alive))]
        for _birth in range(dying):
            pid += 1
            alive.append(process_of(pid, "born", chance.expovariate(1 / 120)))


@pytest.fixture
def ticking() -> Callable[..., Iterator[Snapshot]]:
    """Makes endless snapshots of a crowd that lives."""
    return ticks


@pytest.fixture(params=[False, True], ids=["light", "dark"])
def scheme(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[Scheme]:
    """The light and the dark scheme in turn."""
    made = Scheme(qapp, dark=request.param)
    yield made
    made.force(None)
    made.deleteLater()


@pytest.fixture
def light(qapp: QApplication) -> Iterator[Scheme]:
    """The light scheme, for what does not depend on colours."""
    made = Scheme(qapp, dark=False)
    yield made
    made.force(None)
    made.deleteLater()


def moment_of(second: float, room_gib: float = 15.0, programs_gib: float = 4.6, zram: int | None = 300 * MIB) -> Snapshot:
    """A snapshot of one second of a 15.5 GiB machine, with pressure and swap."""
    total = int(15.5 * GIB)
    known = (GIB, 600 * MIB, int(programs_gib * GIB), 500 * MIB, zram or 0, 100 * MIB)
    free = max(0, int(8 * GIB - programs_gib * GIB))
    layers = Composition(total, *known[:4], zram, known[5], total - sum(known) - free, free)
    memory = MemInfo(total, free, swap_total=8 * GIB, swap_free=7 * GIB)
    made = snapshot_of([process_of(1000 + at, f"p{at}") for at in range(12)])
    stall = Stall(0.004, 0.004, 0.004, 1.0)
    swap = SwapDevice("/dev/zram0", "partition", 8 * GIB, GIB, 100)
    sample = made.sample._replace(
        time=1_790_000_000.0 + second, monotonic=1000.0 + second, memory=memory, pressure=Pressure(stall, stall), swaps=(swap,)
    )
    return made._replace(sample=sample, composition=layers, room=int(room_gib * GIB))


def verdict_of(state: State = State.CALM, **more: object) -> Verdict:
    """A verdict of the look's own laptop; from warning on systemd-oomd is about to end the terminal."""
    oomd = NextVictim("systemd-oomd", "swap over 90 %", "now 80 %", 0.89, "your terminal", None, "/a/vte-1.scope", 9 * GIB, 33)
    kernel = NextVictim("kernel", "nothing left to free", "15 GiB left", 0.08, "code", ProcessKey(6120, 1), None, GIB, 0)
    linker = Grower("ld.lld", ProcessKey(48211, 7), 1, 6 * GIB, 620 * MIB / 60)
    compiler = Grower("clang++", ProcessKey(22871, 7), 8, 3 * GIB, 140 * MIB / 60)
    danger = state in {State.WARNING, State.CRITICAL}
    made = Verdict(
        time=1_790_000_000.0,
        state=state,
        room=int(2.3 * GIB) if danger else 15 * GIB,
        room_memory=int(8.3 * GIB),
        room_swap=int(6.9 * GIB),
        pressure_some=0.004,
        pressure_full=0.0,
        seconds_left=(40.0, 80.0, 120.0) if danger else None,
        shrinking=620 * MIB / 60 if danger else None,
        evidence=(),
        next_victims=(kernel, oomd),
        growers=(linker, compiler) if danger else (),
    )
    return made._replace(**more)  # type: ignore[arg-type]


@pytest.fixture
def moment() -> Callable[..., Snapshot]:
    """Makes the snapshot of one second."""
    return moment_of


@pytest.fixture
def verdict() -> Callable[..., Verdict]:
    """Makes a verdict."""
    return verdict_of


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(60)"]) as process:
        yield process
        process.kill()


@pytest.fixture
def window_memory(tmp_path: Path) -> WindowMemory:
    return WindowMemory(tmp_path / "window.ini")


@pytest.fixture
def open_victims(qtbot: QtBot, light: Scheme, window_memory: WindowMemory) -> Iterator[Callable[..., VictimsPage]]:
    pages: list[VictimsPage] = []

    def made(width: int = 1020, height: int = 736) -> VictimsPage:
        page = VictimsPage(light, window_memory)
        pages.append(page)
        qtbot.addWidget(page)
        page.resize(width, height)
        page.show()
        qtbot.waitExposed(page)
        return page

    yield made
    for page in pages:
        page.reading.stop()
        page.desk.stop()


@pytest.fixture
def crowd_of_six(make_process: MakeProcess) -> list[Process]:
    names = ("systemd", "code", "java", "clang++", "clang++", "firefox")
    return [
        make_process(pid, name, 100 * pid, adj=300 if name == "code" else 0, ppid=1 if pid > 1 else 0, cgroup="/a/x.scope")
        if pid > 1
        else make_process(1, name, 9, uid=0, ppid=0, oom_score=0)
        for pid, name in enumerate(names, 1)
    ]


@pytest.fixture
def no_bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HelperClient:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path}/none")
    return HelperClient()


@pytest.fixture
def desk(light: Scheme, no_bus: HelperClient, tmp_path: Path) -> Iterator[ActDesk]:
    made = ActDesk(light, performer=Performer(no_bus), journal=ActJournal(tmp_path / "acts.json"))
    yield made
    made.stop()


@pytest.fixture
def page(qtbot: QtBot, light: Scheme, desk: ActDesk) -> ProtectionPage:
    made = ProtectionPage(light, desk)
    qtbot.addWidget(made)
    made.resize(1020, 736)
    made.show()
    qtbot.waitExposed(made)
    return made


def real_process(pid: int) -> Process:
    """A running process with its own start time and adjustment, of 50 MiB."""
    stat = parse_stat(Path(f"/proc/{pid}/stat").read_text("utf-8", "replace"))
    return process_of(pid, stat.comm, 50, adj_of(pid), ppid=os.getpid(), start=stat.start_ticks)


def adj_of(pid: int) -> int:
    """The oom_score_adj of a running process."""
    return int(Path(f"/proc/{pid}/oom_score_adj").read_text(encoding="ascii"))


@pytest.fixture
def open_fleet(qtbot: QtBot, light: Scheme, tmp_path: Path) -> Iterator[Callable[..., "FleetPage"]]:
    """Opens page Fleet with a server in the settings ("" for none)."""
    from guardian.adapters.settings_file import SettingsFile
    from guardian.ui.fleet_page import FleetPage

    made: list[FleetPage] = []

    def opened(url: str = "", scheme: Scheme = light) -> "FleetPage":
        path = str(tmp_path / "settings.toml")
        if url:
            SettingsFile(path).change("fleet.server", url)
        page = FleetPage(scheme, path)
        made.append(page)
        qtbot.addWidget(page)
        page.resize(1020, 736)
        page.show()
        page.activateWindow()
        return page

    yield opened
    for page in made:
        page.thread_of_fleet.stop()
