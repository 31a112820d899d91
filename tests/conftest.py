"""What all tests share: no display needed, no user's files touched, and the recordings that lie beside the checkout.

Recordings, kernel logs and the lab are large and live outside the repository: in the folder that OOM_GUARDIAN_SHARED names, else
in `shared` beside the checkout.  A test that needs them is skipped, with the missing path as its reason, where they are absent.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

LEFT_OUT = ("DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "NO_COLOR", "COLUMNS")

# Before the first import of Qt: tests open no window on anybody's desktop, and no assistive bridge looks for a bus.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("NO_AT_BRIDGE", "1")

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


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test with the argument `each_recording` runs once for every recording that is there."""
    if "each_recording" not in metafunc.fixturenames:
        return
    folders = sorted(path.parent for path in SHARED.glob("recordings/*/samples.jsonl.gz"))
    reason = f"{SHARED / 'recordings'} is missing; OOM_GUARDIAN_SHARED may name the folder that has it"
    absent = [pytest.param(SHARED, marks=pytest.mark.skip(reason=reason), id="absent")]
    metafunc.parametrize("each_recording", [pytest.param(folder, id=folder.name) for folder in folders] or absent)
