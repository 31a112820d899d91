"""Acts in a thread of their own, and what is said of programs that do not end when they are asked to."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from guardian.adapters.act_journal import ActJournal
from guardian.adapters.settings_file import SettingsFile
from guardian.kernel.process import Process, ProcessKey, parse_stat
from guardian.policy.acts import SignalOrder
from guardian.ui.act_desk import ActDesk
from guardian.ui.scheme import Scheme

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('there', flush=True); time.sleep(60)"
LONG = 20_000


@pytest.fixture
def desk(light: Scheme, tmp_path: Path) -> Iterator[ActDesk]:
    made = ActDesk(light, journal=ActJournal(tmp_path / "acts.json"))
    yield made
    made.stop()


@pytest.fixture
def programs() -> Iterator[list[Process]]:
    """One that will not end, and one that does."""
    made = [
        subprocess.Popen([sys.executable, "-S", "-c", code], stdout=subprocess.PIPE)
        for code in (STUBBORN, STUBBORN.replace("signal.SIG_IGN", "signal.SIG_DFL"))
    ]
    found = []
    for one in made:
        assert one.stdout is not None
        assert one.stdout.readline() == b"there\n"
        stat = parse_stat(Path(f"/proc/{one.pid}/stat").read_text())
        found.append(Process(ProcessKey(one.pid, stat.start_ticks), stat.comm, os.getpid(), "S", 0, 1, uid=os.getuid()))
    yield found
    for one in made:
        one.kill()
        one.wait()
        if one.stdout is not None:
            one.stdout.close()


def test_those_that_do_not_end_in_the_time_that_the_settings_give_are_told_of(
    desk: ActDesk, programs: list[Process], qtbot: QtBot
) -> None:
    SettingsFile().change("relief.end_grace", 1)
    with qtbot.waitSignal(desk.lingers, timeout=LONG) as told:
        desk.order(SignalOrder("python3", tuple(programs), "TERM"))
    assert told.args == [
        "python3: 1 process has not ended after 1 s. Force end… gives it no more time to save."
    ]  # fmt: skip


def test_nothing_is_said_of_those_that_were_given_no_choice(desk: ActDesk, programs: list[Process], qtbot: QtBot) -> None:
    SettingsFile().change("relief.end_grace", 1)
    with qtbot.waitSignal(desk.done, timeout=LONG), qtbot.assertNotEmitted(desk.lingers, wait=1500):
        desk.order(SignalOrder("python3", tuple(programs), "KILL"))
