"""`guardian channels` with a real keyring and a real receiver; the address is never an argument and never shown."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from guardian.adapters import secrets
from tests.conftest import PrivateBus
from tests.http_receiver import Receiver
from tests.secret_service import SecretService

Run = Callable[..., Any]
TOKEN = "s3cret-token"


@pytest.fixture
def channels(checkout: Path) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Runs `guardian channels ARGS` with an address on standard input."""

    def run(*args: str, address: str = "") -> "subprocess.CompletedProcess[str]":
        here = os.environ | {"PYTHONPATH": str(checkout), "PYTHONWARNINGS": "error"}
        command = [sys.executable, "-P", "-m", "guardian", "channels", *args]
        done = subprocess.run(command, env=here, input=address, capture_output=True, text=True, timeout=120, check=False)
        assert TOKEN not in done.stdout + done.stderr
        return done

    return run


def listed(channels: Run) -> list[dict[str, Any]]:
    done = channels("--json")
    found = json.loads(done.stdout)
    assert (done.returncode, found["schema"]) == (0, 1)
    return list(found["channels"])


def test_a_channel_from_its_beginning_to_its_end(channels: Run, service: SecretService, receiver: Receiver) -> None:
    assert "No channel is set up" in channels().stdout
    hours = ("--quiet", "22:00-07:00")
    done = channels(
        "add", "ops", "--kind", "webhook", "--states", "kill,warning", *hours, address=f"{receiver.address}/{TOKEN}\n"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert secrets.read("alerts/ops") == f"json://127.0.0.1:{receiver.port}/{TOKEN}"
    (row,) = listed(channels)
    assert (row["name"], row["kind"], row["states"], row["quiet"], row["on"]) == (
        *("ops", "webhook", ["warning", "kill"], "22:00-07:00", True),
    )
    done = channels("test", "ops")
    assert (done.returncode, done.stdout) == (0, "Delivered: the other side has the message.\n")
    assert receiver.got[0]["path"] == f"/{TOKEN}"
    assert "A test, nothing is wrong" in receiver.got[0]["title"]
    receiver.how = 403
    done = channels("test", "ops")
    assert done.returncode == 1
    assert "(HTTP 403)" in done.stderr
    assert channels("change", "ops", "--quiet", "", "--states", "critical").returncode == 0
    assert channels("change", "ops", "--address", address=f"{receiver.address}/other").returncode == 0
    (row,) = listed(channels)
    assert (row["states"], row["quiet"]) == (["critical"], None)
    assert secrets.read("alerts/ops") == f"json://127.0.0.1:{receiver.port}/other"
    assert channels("remove", "ops").returncode == 0
    assert listed(channels) == []
    assert secrets.read("alerts/ops") is None


@pytest.mark.parametrize(
    "args,address,says",
    [
        (("add", "a", "--kind", "fax"), "x://y", "the kind is one of"),
        (("add", "a", "--kind", "ntfy"), "", "no address was given"),
        (("add", "a", "--kind", "ntfy"), TOKEN, "this is no address"),
        (("add", "a", "--kind", "telegram"), f"slack://{TOKEN}", "begins with tgram://"),
        (("add", "a", "--kind", "telegram"), f"tgram://{TOKEN}", "does not understand the address"),
        (("add", "a", "--kind", "ntfy", "--states", "calm"), f"ntfy://{TOKEN}", "states are one or more of"),
        (("add", "a", "--kind", "ntfy", "--quiet", "soon"), f"ntfy://{TOKEN}", "22:00-07:00"),
        (("add", f"ntfy://{TOKEN}", "--kind", "ntfy"), f"ntfy://{TOKEN}", "is no address"),
        (("test", "nobody"), "", "there is no channel nobody"),
        (("remove", "nobody"), "", "there is no channel nobody"),
    ],
)
def test_what_is_refused(channels: Run, service: SecretService, args: tuple[str, ...], address: str, says: str) -> None:
    done = channels(*args, address=address)
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
    assert listed(channels) == []


def test_a_name_is_given_once(channels: Run, service: SecretService) -> None:
    assert channels("add", "a", "--kind", "ntfy", address="ntfys://one").returncode == 0
    done = channels("add", "a", "--kind", "ntfy", address="ntfys://two")
    assert done.returncode == 2
    assert "already" in done.stderr
    assert secrets.read("alerts/a") == "ntfys://one"


def test_without_a_keyring_nothing_is_set_up_and_it_says_how_to_get_one(channels: Run, private_bus: PrivateBus) -> None:
    done = channels("add", "a", "--kind", "ntfy", address=f"ntfys://{TOKEN}")
    assert done.returncode == 1
    assert "Install gnome-keyring" in done.stderr
    assert listed(channels) == []


def test_a_channel_whose_keyring_is_locked_or_gone_is_off(channels: Run, service: SecretService) -> None:
    assert channels("add", "a", "--kind", "ntfy", address="ntfys://one").returncode == 0
    service.lock()
    assert listed(channels)[0]["status"] == "locked"
    assert "keyring is locked" in channels("remove", "a").stderr
    assert "locked" in channels("add", "b", "--kind", "ntfy", address="ntfys://two").stderr
    service.stop()
    (row,) = listed(channels)
    assert (row["on"], row["status"]) == (False, "no-keyring")
    assert "Install gnome-keyring" in row["says"]
    assert channels("remove", "a").returncode == 0
    assert listed(channels) == []


def test_on_a_terminal_the_address_is_asked_for_and_not_shown(checkout: Path, service: SecretService) -> None:
    here, mine = pty.openpty()
    command = [sys.executable, "-P", "-m", "guardian", "channels", "add", "a", "--kind", "ntfy"]
    environ = os.environ | {"PYTHONPATH": str(checkout)}
    with subprocess.Popen(command, env=environ, stdin=mine, stdout=mine, stderr=mine, start_new_session=True) as process:
        os.close(mine)
        said = b""
        while b"not shown" not in said:
            said += os.read(here, 4096)
        os.write(here, f"ntfys://{TOKEN}\n".encode())
        assert process.wait(60) == 0
        said += os.read(here, 65536)
    os.close(here)
    assert b"is set up" in said
    assert TOKEN.encode() not in said
    assert secrets.read("alerts/a") == f"ntfys://{TOKEN}"


def test_help_teaches(channels: Run) -> None:
    done = channels("--help")
    assert done.returncode == 0
    assert "kept in the keyring alone" in " ".join(done.stdout.split())
