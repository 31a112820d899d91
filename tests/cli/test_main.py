"""The program's entry: exit codes, one line on stderr, help that teaches, quiet ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from guardian import __version__
from guardian.cli import commands
from guardian.kernel.errors import Denied, KernelFileError, Vanished

Run = Callable[..., Any]


def test_the_chosen_language_speaks_whatever_the_desktop_says(program: Run) -> None:
    folder = Path(os.environ["XDG_CONFIG_HOME"]) / "oom-guardian"
    folder.mkdir(parents=True)
    (folder / "settings.toml").write_text('[desktop]\nlanguage = "zh_CN"\n')
    said = program("doctor", "--help")
    assert "退出码" in said.out
    assert "用法" in said.out
    (folder / "settings.toml").write_text('[desktop]\nlanguage = "en"\n')
    assert program("doctor", "--help", LANGUAGE="zh_CN").out.startswith("usage: ")
    # What is not understood is said by the commands that read settings; here the desktop's language holds.
    (folder / "settings.toml").write_text("[desktop\n")
    assert program("doctor", "--help").out.startswith("usage: ")
    assert (folder / "settings.toml").exists()


def test_version(guardian: Run) -> None:
    said = guardian("--version")
    assert (said.code, said.out, said.err) == (0, f"OOM Guardian {__version__}\n", "")


def test_help_names_every_offered_command_and_the_exit_codes(guardian: Run) -> None:
    said = guardian("--help")
    assert said.code == 0
    for command in commands.offered_commands():
        assert f"  {command.name} " in said.out
    assert "exit code: 0 done, 1 failed" in said.out
    assert "guardian victims -n 5" in said.out


@pytest.mark.parametrize("command", [command.name for command in commands.offered_commands()])
def test_every_command_teaches(guardian: Run, command: str) -> None:
    said = guardian(command, "--help")
    assert said.code == 0
    assert said.out.startswith(f"usage: guardian {command}")
    assert "examples:" in said.out
    assert f"guardian {command}" in said.out.partition("examples:")[2]
    assert "exit code" in said.out


def test_a_typo_gets_the_nearest_command(guardian: Run) -> None:
    said = guardian("victms")
    assert (said.code, said.out) == (2, "")
    assert said.err == "guardian: “victms” is no command of guardian. Did you mean: guardian victims\n"


@pytest.mark.parametrize("word", ["no-such-command", "", "x" * 5000, "v\x1b[2Jx", "\udcff"])
def test_an_unknown_command_is_refused_in_one_safe_line(guardian: Run, word: str) -> None:
    said = guardian(word)
    assert said.code == 2
    assert said.err.count("\n") == 1
    assert "\x1b" not in said.err
    assert len(said.err) < 300


def test_commands_without_their_module_are_neither_offered_nor_run(guardian: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    later = commands.Command("later", "no_such_module", "comes later", commands.LOOK)
    monkeypatch.setattr(commands, "COMMANDS", (*commands.COMMANDS, later))
    assert "comes later" not in guardian("--help").out
    assert guardian("later").code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("victims", "--jsn"),
        ("victims", "-n", "none"),
        ("victims", "-n", "-3"),
        ("victims", "--free", "much"),
        ("explain",),
        ("explain", "firefox"),
        ("--nonsense",),
    ],
)
def test_wrong_usage_is_one_line_with_the_way_to_help(guardian: Run, arguments: tuple[str, ...]) -> None:
    said = guardian(*arguments)
    assert (said.code, said.out) == (2, "")
    assert said.err.count("\n") == 1
    assert "--help" in said.err


def fails_with(error: BaseException) -> ModuleType:
    module = ModuleType("fails")

    def run(_args: object) -> int:
        raise error

    module.run = run  # type: ignore[attr-defined]
    return module


@pytest.mark.parametrize(
    "error,words",
    [
        (Denied("proc/1/status", "Permission denied"), "/proc/1/status may not be read by this user"),
        (Vanished("proc/meminfo", "No such file"), "/proc/meminfo is not there"),
        (KernelFileError("proc/x", "Input/output error"), "/proc/x cannot be used: Input/output error"),
        (OSError(28, "No space left on device"), "could not be written: No space left on device"),
        (OSError(13, "Permission denied", "/etc/shadow"), "/etc/shadow: Permission denied"),
        (ZeroDivisionError("two\nlines"), "A fault of OOM Guardian itself (ZeroDivisionError at test_main.py:"),
    ],
)
def test_every_failure_is_one_line(guardian: Run, monkeypatch: pytest.MonkeyPatch, error: BaseException, words: str) -> None:
    monkeypatch.setattr(commands.Command, "load", lambda _self: fails_with(error))
    said = guardian("victims")
    assert (said.code, said.out, said.err.count("\n")) == (1, "", 1)
    assert words in said.err
    assert "Traceback" not in said.err


def test_a_fault_shows_its_traceback_on_demand(guardian: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands.Command, "load", lambda _self: fails_with(ZeroDivisionError()))
    monkeypatch.setenv("GUARDIAN_TRACEBACK", "1")
    with pytest.raises(ZeroDivisionError):
        guardian("victims")


def test_control_c_is_quiet(program: Run, checkout: Path) -> None:
    command = [sys.executable, "-P", "-m", "guardian", "watch", "--json"]
    watch = subprocess.Popen(
        command, env=os.environ | {"PYTHONPATH": str(checkout)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert watch.stdout is not None
    assert watch.stdout.readline().startswith('{"schema": 1')
    watch.send_signal(signal.SIGINT)
    _out, err = watch.communicate(timeout=20)
    assert (watch.returncode, err) == (130, "")


@pytest.mark.parametrize("command", ["watch --json --interval 0.1", "watch --interval 0.1"])
def test_a_closed_pipe_is_quiet(checkout: Path, command: str) -> None:
    line = f"{sys.executable} -P -m guardian {command} | head -n 1; echo ${{PIPESTATUS[0]}}"
    environ = os.environ | {"PYTHONPATH": str(checkout)}
    done = subprocess.run(["bash", "-c", line], env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout.splitlines()[-1], done.stderr) == ("141", "")


@pytest.mark.parametrize("command", ["doctor --json", "victims", "--help"])
def test_a_full_disk_is_said_in_one_line(checkout: Path, command: str) -> None:
    line = f"{sys.executable} -P -m guardian {command} >/dev/full"
    environ = os.environ | {"PYTHONPATH": str(checkout)}
    done = subprocess.run(["bash", "-c", line], env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert "No space left on device" in done.stderr


def test_a_closed_output_is_said_in_one_line(checkout: Path) -> None:
    line = f"{sys.executable} -P -m guardian victims --json >&-"
    environ = os.environ | {"PYTHONPATH": str(checkout)}
    done = subprocess.run(["bash", "-c", line], env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert "standard output is closed" in done.stderr


def test_output_is_utf8_whatever_the_locale_says(program: Run, fake_root: Any) -> None:
    fake_root.add(500, "名字 √", rss=1 << 30)
    for locale in ("C", "POSIX", "C.UTF-8", "xx_YY.ISO-8859-1"):
        said = program("--root", fake_root.folder, "victims", LANG=locale, LC_ALL=locale, PYTHONCOERCECLOCALE="0", PYTHONUTF8="0")
        assert (said.code, said.err) == (0, "")
        assert "名字 √" in said.out
        assert "—" in said.out or "·" in said.out


def test_help_starts_quickly(program: Run) -> None:
    begun = time.process_time(), os.times().children_user + os.times().children_system
    assert program("--help").code == 0
    spent = os.times().children_user + os.times().children_system - begun[1]
    assert spent < 1.0


def test_json_needs_neither_rich_nor_qt(checkout: Path) -> None:
    code = (
        "import sys; from guardian.cli.main import main; code = main(['victims', '--json', '-n', '1']);"
        "slow = {'rich', 'PySide6', 'psutil', 'numpy', 'asyncio', 'pyqtgraph', 'jeepney', 'sqlite3'} & set(sys.modules);"
        "sys.exit(f'{slow}' if slow else code)"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], env=os.environ | {"PYTHONPATH": str(checkout)}, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
