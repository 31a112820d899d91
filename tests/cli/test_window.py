"""`guardian` alone: the window where there is a display, else the live table, with the reason."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from guardian.cli import window

Run = Callable[..., Any]


@pytest.fixture(autouse=True)
def _no_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[Path]:
    """A socket on which somebody listens, as a compositor does."""
    path = tmp_path / "wayland-7"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(str(path))
        server.listen()
        yield path


def test_without_a_display_the_live_table_comes_and_says_why(checkout: Path) -> None:
    program = subprocess.Popen(
        [sys.executable, "-P", "-m", "guardian"],
        env=os.environ | {"PYTHONPATH": str(checkout)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert program.stdout is not None
    text = "".join(program.stdout.readline() for _ in range(4))
    program.send_signal(signal.SIGINT)
    _out, err = program.communicate(timeout=20)
    assert "Room " in text
    assert "Points" in text
    assert (
        err == "guardian: No display here: neither DISPLAY nor WAYLAND_DISPLAY is set. Showing the live list in the terminal.\n"
    )
    assert program.returncode == 130


def test_hidden_without_a_display_is_refused(guardian: Run) -> None:
    said = guardian("--hidden")
    assert (said.code, said.out, said.err.count("\n")) == (1, "", 1)
    assert "guardian watch" in said.err


@pytest.mark.parametrize("name", ["DISPLAY", "WAYLAND_DISPLAY"])
def test_a_display_that_does_not_answer_counts_as_none(guardian: Run, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, ":99999" if name == "DISPLAY" else "wayland-none")
    said = guardian("--hidden")
    assert said.code == 1
    assert "does not answer" in said.err


def test_a_display_that_answers_opens_the_window(guardian: Run, monkeypatch: pytest.MonkeyPatch, listening: Path) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(listening.parent))
    monkeypatch.setenv("WAYLAND_DISPLAY", listening.name)
    opened = []

    class Window:
        @staticmethod
        def main(args: Any) -> int:
            opened.append((args.hidden, args.root))
            return 0

    monkeypatch.setattr(window, "import_module", lambda _name: Window)
    assert guardian("--hidden").code == 0
    assert opened == [(True, "/")]


def test_other_machines_and_other_platforms_are_left_to_qt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", "far.example:10.0")
    assert window.no_display() is None
    monkeypatch.delenv("DISPLAY")
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen:size=100x100")
    assert window.no_display() is None


def test_a_window_that_cannot_be_loaded_is_said(guardian: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")

    def missing(_name: str) -> Any:
        raise ImportError("libEGL.so.1: cannot open shared object file")

    monkeypatch.setattr(window, "import_module", missing)
    said = guardian("--hidden")
    assert (said.code, said.out, said.err.count("\n")) == (1, "", 1)
    assert "libEGL.so.1" in said.err
    assert "guardian doctor" in said.err
