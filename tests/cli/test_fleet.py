"""`guardian fleet` against a real Prometheus, and what it says where there is none."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from guardian.cli.fleet import spark
from guardian.model.verdict import State
from guardian.policy.fleet import Machine
from guardian.policy.prometheus_answer import Point
from guardian.protocol import metrics
from tests.cli.conftest import GIB, FakeRoot
from tests.conftest import PrivateBus
from tests.secret_service import SecretService
from tests.simulated_fleet import Simulated, SimulatedFleet, free_port, served

Run = Callable[..., Any]


def test_the_table_has_the_worst_first(guardian: Run, fleet_server: SimulatedFleet) -> None:
    said = guardian("fleet", "--server", fleet_server.url, "-n", 7)
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert lines[0] == "120 machines, 1 critical"
    assert lines[3].startswith("Critical  build-0000")
    assert "in 1 … 3 min" in lines[3]
    assert "▁" in lines[3]
    assert len(lines) == 3 + 7 + 1
    assert lines[-1] == f"127.0.0.1:{fleet_server.port} · 118 of 120 answer · 7 of 120 shown"


def test_json_alone_with_stable_keys(guardian: Run, fleet_server: SimulatedFleet) -> None:
    guardian("config", "set", f"fleet.server={fleet_server.url}")
    told = json.loads(guardian("fleet", "--all", "--json").out)
    assert list(told) == ["schema", "time", "server", "counts", "found", "machines"]
    assert told["counts"] == {"no data": 2, "calm": 112, "watch": 3, "warning": 2, "critical": 1}
    assert [one["rank"] for one in told["machines"]] == list(range(1, 121))
    assert len({one["machine"] for one in told["machines"]}) == 120
    assert told["machines"][0]["next_victims"][0]["program"] == "cc1plus"


def test_a_search_and_one_machine(guardian: Run, fleet_server: SimulatedFleet) -> None:
    at = ("--server", fleet_server.url)
    found = json.loads(guardian("fleet", "lab", "--json", *at).out)
    assert [one["machine"] for one in found["machines"]] == ["lab-0000", "lab-0001"] or found["found"] == 2
    assert "No machine matches 'nobody'." in guardian("fleet", "nobody", *at).out
    said = guardian("fleet", "--machine", "build-0000", *at).out
    assert "The kernel ended cc1plus" in said
    assert "+0 s" in said
    assert len(json.loads(guardian("fleet", "--machine", "build-0000", "--json", *at).out)["minutes_before"]) > 20
    gone = guardian("fleet", "--machine", "nobody", *at)
    assert (gone.code, "No machine is named “nobody”" in gone.err) == (1, True)


@pytest.mark.parametrize(
    "arguments,code,words",
    [
        ((), 1, "No server set"),
        (("--server", "http://127.0.0.1:1"), 1, "does not answer: Connection refused"),
        (("--server", "lab"), 1, "no address of a server"),
        (("--user", "x"), 2, "--login"),
        (("-n", "0"), 2, "out of range"),
        (("x" * 101,), 2, "at most 100"),
        (("--login", "--server", "http://lab.example"), 1, "https"),
    ],
)
def test_what_does_not_work_is_one_line(guardian: Run, arguments: tuple[str, ...], code: int, words: str) -> None:
    said = guardian("fleet", *arguments)
    assert (said.code, said.out) == (code, "")
    assert len(said.err.splitlines()) == 1
    assert words in said.err


@pytest.fixture
def keyring(private_bus: PrivateBus) -> Iterator[SecretService]:
    service = SecretService()
    service.start()
    yield service
    service.stop()


def test_a_login_is_read_from_a_pipe_and_kept_nowhere_but_in_the_keyring(
    guardian: Run, fleet_server: SimulatedFleet, keyring: SecretService, checkout: Path
) -> None:
    secret = "geheim-7391"
    guardian("config", "set", f"fleet.server={fleet_server.url}")
    command = [sys.executable, "-m", "guardian", "fleet", "--login", "--user", "anna"]
    done = subprocess.run(command, check=False, input=f"{secret}\n", capture_output=True, text=True, cwd=checkout, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    assert secret not in done.stdout
    assert guardian("config", "get", "fleet.login").out == "basic\n"
    # This server wants none, and takes it all the same.
    assert guardian("fleet", "-n", 1).code == 0
    for name in ("CONFIG", "STATE", "CACHE"):
        for path in Path(os.environ[f"XDG_{name}_HOME"]).rglob("*"):
            assert not path.is_file() or secret.encode() not in path.read_bytes()
    assert guardian("fleet", "--logout").out == "Taken out of the keyring.\n"
    assert guardian("config", "get", "fleet.login").out == "none\n"


@pytest.mark.slow
def test_a_real_agent_is_seen_and_missed(guardian: Run, fake_root: FakeRoot, tmp_path: Path, checkout: Path) -> None:
    place = f"127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "guardian", "--root", str(fake_root.folder), "agent", "--system", "--metrics", place]
    environ = os.environ | {"PYTHONPATH": str(checkout), "STATE_DIRECTORY": str(tmp_path / "state")}
    for server in served(tmp_path / "prometheus", Simulated(0, 0, 0, 0, 0), scraped=(place,)):
        agent = subprocess.Popen(command, env=environ, cwd=tmp_path, stderr=subprocess.DEVNULL)
        try:
            server.wait_until(f"count({metrics.DANGER} >= 0)", 1)
            server.wait_until(f"sum({metrics.MACHINES})", 1)
            (machine,) = json.loads(guardian("fleet", "--json", "--server", server.url).out)["machines"]
        finally:
            agent.kill()
            agent.wait()
        assert (machine["machine"], machine["state"], machine["memory"]) == ("127.0.0.1", "calm", 16 * GIB)
        assert sum(size or 0 for size in machine["layers"].values()) == 16 * GIB
        kernel = next(one for one in machine["next_victims"] if one["killer"] == "kernel")
        assert kernel["program"] == "code"
        assert machine["kernel"] == "6.12.9-test"
        server.wait_until(f"count({metrics.DANGER} < 0)", 1)
        (gone,) = json.loads(guardian("fleet", "--json", "--server", server.url).out)["machines"]
        assert (gone["state"], gone["memory"], gone["room"]) == ("no data", 16 * GIB, None)
        assert gone["heard"] == pytest.approx(machine["heard"], abs=60)


def test_the_curve_has_a_block_for_each_tenth() -> None:
    machine = Machine((("instance", "a"),), 0.0, State.CALM, memory=80.0, swap=0.0)
    points = tuple(Point(float(at), float(value)) for at, value in enumerate((80, 70, 60, 50, 40, 30, 20, 10, 5, 0)))
    assert spark(machine._replace(lately=points)) == "██▇▆▅▄▃▂▁▁"
    assert spark(machine._replace(lately=points[:2])) == "██"
    assert spark(machine) == ""
    assert len(spark(machine._replace(lately=points * 5))) == 10
