"""What all tests share: no display needed, no user's files touched, and the recordings that lie beside the checkout.

Recordings, kernel logs and the lab are large and live outside the repository: in the folder that OOM_GUARDIAN_SHARED names, else
in `shared` beside the checkout.  A test that needs them is skipped, with the missing path as its reason, where they are absent.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

if TYPE_CHECKING:
    from tests.http_receiver import Receiver
    from tests.secret_service import SecretService
    from tests.simulated_fleet import SimulatedFleet

LEFT_OUT = ("DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "NO_COLOR", "COLUMNS")

# Before the first import of Qt: tests open no window on anybody's desktop, and no assistive bridge looks for a bus.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("NO_AT_BRIDGE", "1")

# A shell that starts the tests in the background has SIGINT ignored, and every program they start would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

# A busy machine is no failure, and nothing is written into the checkout, which may belong to somebody else.
hypothesis.settings.register_profile("guardian", deadline=None, database=None)
hypothesis.settings.load_profile("guardian")

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("OOM_GUARDIAN_SHARED") or ROOT.parent / "shared")


def _present(path: Path) -> Path:
    if not path.exists():
        pytest.skip(f"{path} is missing; OOM_GUARDIAN_SHARED may name the folder that has it")
    return path


@pytest.fixture(autouse=True)
def _own_places(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Each test finds empty XDG folders, English, and neither the user's buses nor a display."""
    own = tmp_path_factory.mktemp("home")
    for name in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(own / name.lower()))
    runtime = own / "runtime"
    runtime.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    for name in LEFT_OUT:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")


@pytest.fixture(scope="session")
def checkout() -> Path:
    """The project's own folder."""
    return ROOT


@pytest.fixture
def shared() -> Path:
    """The folder of recordings, courses and kernel logs; skips where it is absent."""
    return _present(SHARED)


@pytest.fixture
def recording() -> Callable[[str], Path]:
    """Gives the folder of a recording by its name, such as "anon-hog@bookworm"; skips where it is absent."""
    return lambda name: _present(SHARED / "recordings" / name)


class PrivateBus:
    """A session bus of the test's own, that can be ended and started again at the same address."""

    def __init__(self, folder: Path) -> None:
        self.address = f"unix:path={folder / 'bus'}"
        self.services = folder / "services"
        self.services.mkdir()
        self._config = folder / "bus.conf"
        self._config.write_text(
            f"""<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
             "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
            <busconfig><type>session</type><listen>{self.address}</listen><servicedir>{self.services}</servicedir>
            <policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy>
            </busconfig>"""
        )
        self._daemon: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it listens."""
        command = ["dbus-daemon", f"--config-file={self._config}", "--nofork", "--print-address=1"]
        self._daemon = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        assert self._daemon.stdout is not None
        assert self._daemon.stdout.readline(), "dbus-daemon ended at once"

    def stop(self) -> None:
        """End it; whoever is connected loses the connection."""
        if self._daemon is not None:
            self._daemon.kill()
            # Not communicate(): services that it started hold its pipe open.
            self._daemon.wait()
            if self._daemon.stdout is not None:
                self._daemon.stdout.close()
            self._daemon = None


@pytest.fixture
def private_bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PrivateBus]:
    """A running session bus that the test's environment points to; skips where dbus-daemon is absent."""
    if shutil.which("dbus-daemon") is None:
        pytest.skip("dbus-daemon is missing (Debian: dbus)")
    bus = PrivateBus(tmp_path)
    bus.start()
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)
    yield bus
    bus.stop()


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Where Qt cannot be loaded, test.sh leaves its plugin out; the plugin's settings must still be known."""
    if not pluginmanager.has_plugin("pytest-qt"):
        for name in ("qt_api", "qt_log_level_fail", "qt_log_ignore"):
            parser.addini(name, "unused: Qt cannot be loaded here")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the window's tests out where Qt cannot be loaded."""
    return True if collection_path == ROOT / "tests" / "ui" and not config.pluginmanager.has_plugin("pytest-qt") else None


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say so."""
    return None if config.pluginmanager.has_plugin("pytest-qt") else "tests/ui is left out: Qt cannot be loaded here"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test with the argument `each_recording` runs once for every recording that is there."""
    if "each_recording" not in metafunc.fixturenames:
        return
    folders = sorted(path.parent for path in SHARED.glob("recordings/*/samples.jsonl.gz"))
    reason = f"{SHARED / 'recordings'} is missing; OOM_GUARDIAN_SHARED may name the folder that has it"
    absent = [pytest.param(SHARED, marks=pytest.mark.skip(reason=reason), id="absent")]
    metafunc.parametrize("each_recording", [pytest.param(folder, id=folder.name) for folder in folders] or absent)


@pytest.fixture(scope="session")
def fleet_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator["SimulatedFleet"]:
    """A real Prometheus with 120 simulated machines and the project's recording rules, for all tests that only ask it."""
    from tests.simulated_fleet import Simulated, served

    yield from served(tmp_path_factory.mktemp("fleet"), Simulated(112))


@pytest.fixture
def receiver() -> Iterator["Receiver"]:
    """A receiver of alerts."""
    from tests.http_receiver import Receiver

    made = Receiver()
    yield made
    made.stop()


@pytest.fixture
def service(private_bus: PrivateBus) -> Iterator["SecretService"]:
    """A keyring on the test's bus, unlocked."""
    from tests.secret_service import SecretService

    made = SecretService()
    made.start()
    yield made
    made.stop()
