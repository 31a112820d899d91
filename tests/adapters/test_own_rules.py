"""The agent's rules on a real process: set once, left to the program that sets its own again, set each time where they insist."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from guardian.adapters.own_rules import OwnRules
from guardian.adapters.user_rules import UserRuleFile
from guardian.kernel.process import Process, ProcessKey, parse_stat
from guardian.protocol.rules import Rule


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(60)"]) as process:
        yield process
        process.kill()


def adj_file(pid: int) -> Path:
    return Path(f"/proc/{pid}/oom_score_adj")


def process_of(pid: int) -> Process:
    stat = parse_stat(Path(f"/proc/{pid}/stat").read_text(encoding="utf-8"))
    uid = Path(f"/proc/{pid}").stat().st_uid
    adj = int(adj_file(pid).read_text(encoding="ascii"))
    return Process(ProcessKey(pid, stat.start_ticks), stat.comm, stat.ppid, "S", 0, 1, uid=uid, oom_score_adj=adj)


@pytest.mark.parametrize("insist", [False, True])
def test_a_value_that_was_set_again(
    sleeper: subprocess.Popen[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, insist: bool
) -> None:
    now = 1000.0
    monkeypatch.setattr("guardian.adapters.own_rules.time.monotonic", lambda: now)
    file = UserRuleFile(tmp_path / "rules.toml")
    name = process_of(sleeper.pid).name
    file.put(Rule("name", name, 900, insist=insist))
    assert file.read().rules[0].insist is insist
    rules = OwnRules(pytest.fail, file)
    assert rules.apply([process_of(sleeper.pid)]) == 1
    assert adj_file(sleeper.pid).read_text(encoding="ascii").strip() == "900"
    adj_file(sleeper.pid).write_text("800", encoding="ascii")
    assert rules.apply([process_of(sleeper.pid)]) == 0
    now += 61
    assert rules.apply([process_of(sleeper.pid)]) == int(insist)
    assert adj_file(sleeper.pid).read_text(encoding="ascii").strip() == ("900" if insist else "800")
