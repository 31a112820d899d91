"""`guardian history`: every kind of log, every kind of rubbish, and the contract's JSON."""

import gzip
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guardian.adapters.history_store import HistoryStore
from guardian.adapters.kill_sources import read_log, read_text
from guardian.cli.history import moment_argument
from guardian.model.history import Kill, Party
from guardian.policy.kill_json import kill_rows
from guardian.policy.kill_words import explanation, headline, report_text, sentence, when_words

Run = Callable[..., Any]
CONTRACT = {"t", "time", "killer", "constraint", "memcg", "invoker", "victim", "culprit", "freed", "rescored"}


def kills_of(run: Run, *args: object) -> list[dict[str, Any]]:
    said = run("history", "--json", *args)
    assert (said.code, said.err) == (0, "")
    told = json.loads(said.out)
    assert told["schema"] == 1
    for kill in told["kills"]:
        assert set(kill) >= CONTRACT
        assert kill["killer"] in {"kernel", "systemd-oomd", "earlyoom", "nohang", "systemd"}
        assert set(kill["victim"]) >= {"pid", "name", "cgroup"}
        assert set(kill["rescored"]) == {"agrees", "why"}
    kills: list[dict[str, Any]] = told["kills"]
    return kills


def test_every_kill_of_every_recording_is_found(guardian: Run, shared: Path) -> None:
    logs = sorted(shared.glob("recordings/*/dmesg.txt"))
    if not logs:
        pytest.skip(f"{shared / 'recordings'} is missing")
    for log in logs:
        told = json.loads((log.parent / "result.json").read_text())["kills"]
        found = kills_of(guardian, "--log", log)
        expected = {(kill["pid"], kill["victim"]) for kill in told}
        assert {(kill["victim"]["pid"], kill["victim"]["name"]) for kill in found} == expected, log.parent.name
        stamps = [kill["t"] for kill in found]
        assert stamps == sorted(stamps), log.parent.name


def test_look_alikes_yield_none(guardian: Run, shared: Path) -> None:
    look_alikes = sorted((shared / "oom-logs").glob("99-neg-*.log"))
    assert len(look_alikes) == 12
    for log in look_alikes:
        assert kills_of(guardian, "--log", log) == []


def test_it_is_told_in_sentences(guardian: Run, shared: Path) -> None:
    (log,) = (shared / "oom-logs").glob("97-u1-*.log")
    said = guardian("history", "--log", log)
    assert said.code == 0
    assert "(12 processes) because tasks of user@1001.service waited for memory 51 % of the time, its limit is 50 %." in said.out
    said = guardian("history", "--log", shared / "recordings" / "tmpfs-hog@trixie" / "dmesg.txt")
    assert "Ending programs could not help: 205 MiB is in shared memory and tmpfs" in said.out
    assert "3 of 3 that could be ranked again agree with the kernel." in said.out


def test_packed_logs_and_standard_input(program: Run, guardian: Run, shared: Path, tmp_path: Path, checkout: Path) -> None:
    text = (shared / "recordings" / "anon-hog@bookworm" / "dmesg.txt").read_bytes()
    (tmp_path / "log.gz").write_bytes(gzip.compress(text))
    plain = kills_of(guardian, "--log", shared / "recordings" / "anon-hog@bookworm" / "dmesg.txt")
    assert plain
    assert kills_of(guardian, "--log", tmp_path / "log.gz") == plain
    command = [sys.executable, "-P", "-m", "guardian", "history", "--json", "--log", "-"]
    here = os.environ | {"PYTHONPATH": str(checkout)}
    piped = subprocess.run(command, input=text, capture_output=True, env=here, timeout=60, check=False)
    assert piped.returncode == 0
    assert json.loads(piped.stdout)["kills"] == plain
    closed = subprocess.run(["sh", "-c", '"$@" <&-', "sh", *command], capture_output=True, env=here, timeout=60, check=False)
    assert closed.returncode == 1
    assert b"standard input" in closed.stderr
    assert b"Traceback" not in closed.stderr


@pytest.mark.parametrize("path", ["absent", ".", ""])
def test_a_log_that_cannot_be_read_is_said_in_one_line(guardian: Run, path: str) -> None:
    said = guardian("history", "--log", path)
    assert (said.code, said.out) == (1, "")
    assert len(said.err.splitlines()) == 1


@pytest.mark.parametrize("arguments", [("--since", "tomorrow"), ("--log", "x", "--ask"), ("--export", "d", "--json")])
def test_wrong_arguments_are_refused(guardian: Run, arguments: tuple[str, ...]) -> None:
    said = guardian("history", *arguments)
    assert said.code == 2
    assert len(said.err.splitlines()) == 1


def test_since_takes_spans_and_dates() -> None:
    assert moment_argument("2h") == pytest.approx(time.time() - 7200, abs=5)
    assert moment_argument("1.5d") == pytest.approx(time.time() - 129600, abs=5)
    assert moment_argument("1790000000") == 1_790_000_000
    assert moment_argument("2026-11-23T14:00:00+00:00") == 1795442400


def test_the_kept_history_is_told_and_exported(guardian: Run, tmp_path: Path) -> None:
    assert "no history yet" in guardian("history", "--export", tmp_path / "early").err
    now = time.time()
    with HistoryStore() as store:
        grown = Party(8, "ld.lld", growth=5261334937, span=360.0)
        reason = "memory used (9) / total (10) and swap used (91) / total (100) being more than 90.00%"
        told = Kill(None, now, "systemd-oomd", (Party(None, "t.scope", "/u/t.scope"),), 34, group=True, culprit=grown)
        store.put_kill(told._replace(reason=reason, sources=("systemd-oomd",)))
    said = guardian("history", "--since", "1h")
    assert "systemd-oomd ended t.scope (34 processes) because swap was 91 % full. Cause: ld.lld, +4.9 GiB in 6 min." in said.out
    assert guardian("history", "--export", tmp_path / "out").code == 0
    assert "34 processes" in (tmp_path / "out" / "kills.txt").read_text()
    assert guardian("history", "--export", tmp_path / "out").code == 1


def seen(text: str) -> set[tuple[int | None, str]]:
    return {(victim.pid, victim.name) for kill in read_text(text).kills for victim in kill.victims}


def told_whole(text: str) -> None:
    """Say every kill of a text in every way there is."""
    for kill in read_text(text).kills:
        assert kill_rows(kill)
        assert json.dumps(kill_rows(kill), allow_nan=False)
        assert headline(kill)
        assert sentence(kill)
        assert when_words(kill)
        assert list(explanation(kill))
        assert report_text(kill)


@pytest.mark.parametrize("number", ["12", "39", "60", "97-u6", "16"])
def test_cut_anywhere_it_invents_nobody(shared: Path, number: str) -> None:
    (path,) = (shared / "oom-logs").glob(f"{number}-*.log")
    text = path.read_text("utf-8", "replace")
    begins = range(0, len(text), max(1, len(text) // 60))
    whole = seen(text)
    for end in begins:
        found = seen(text[:end])
        # A name that the cut falls into is shorter; a pid is never another one.
        assert {pid for pid, _name in found} <= {pid for pid, _name in whole}
        told_whole(text[:end])


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 60))
def test_damaged_reports_are_survived(shared: Path, seed: int, hits: int) -> None:
    text = bytearray((shared / "recordings" / "memcg-group@trixie" / "dmesg.txt").read_bytes()[-9000:])
    rng = random.Random(seed)
    for _ in range(hits):
        text[rng.randrange(len(text))] = rng.randrange(256)
    told_whole(text.decode("utf-8", "replace"))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_random_bytes_yield_none(noise: bytes) -> None:
    assert read_text(noise.decode("utf-8", "replace")).kills == ()


def test_what_the_logs_of_another_disk_tell_is_kept_once(guardian: Run, shared: Path, tmp_path: Path) -> None:
    logs = tmp_path / "disk" / "var" / "log"
    logs.mkdir(parents=True)
    lines = (shared / "recordings" / "two-in-a-row@trixie" / "dmesg.txt").read_text().splitlines()
    (logs / "kern.log").write_text("".join(f"2026-11-23T10:00:00+00:00 host kernel: {line}\n" for line in lines))
    told = [kill.victim.pid for kill in read_log(str(logs / "kern.log")).kills]
    assert len(told) > 1
    for _ in range(2):
        assert guardian("--root", tmp_path / "disk", "history", "--keep").code == 0
        with HistoryStore(writable=False) as store:
            assert sorted(kill.victim.pid or 0 for kill in store.kills()) == sorted(pid or 0 for pid in told)
    assert guardian("history", "--keep", "--log", "x").code == 2


EARLYOOM = """
{python} -c 'x = bytearray(64 << 20); import time; time.sleep(20)' & hog=$!
sleep 1
earlyoom -m 99 -s 100 -r 0 >{log} 2>&1 & early=$!
wait $hog
kill $early
echo $hog
"""


def test_a_real_earlyoom_is_named(guardian: Run, tmp_path: Path) -> None:
    """It runs in a PID namespace with its own /proc, so that it sees nobody but the hog; there memory is always "low"."""
    if shutil.which("earlyoom") is None or shutil.which("unshare") is None:
        pytest.skip("earlyoom or unshare is missing (Debian: earlyoom, util-linux)")
    inside = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c"]
    if subprocess.run([*inside, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no PID namespace may be made here")
    log = tmp_path / "earlyoom.log"
    script = EARLYOOM.format(python=sys.executable, log=log)
    done = subprocess.run([*inside, script], capture_output=True, text=True, timeout=60, check=True)
    kills = kills_of(guardian, "--log", log)
    assert [(kill["killer"], kill["victim"]["pid"]) for kill in kills] == [("earlyoom", int(done.stdout))]
    assert kills[0]["freed"] >= 64 << 20
