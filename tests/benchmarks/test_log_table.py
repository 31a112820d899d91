"""Every real log beside what is found in it, as a table.  Run with: pytest -m bench tests/benchmarks/test_log_table.py"""

from collections.abc import Callable
from pathlib import Path

import pytest

from guardian.adapters.kill_sources import read_log
from tests.kernel.test_oom_logs import KILLED

# Two that oomd names in one group; two sources or two attempts, one death; a group of which the mail repeats some lines.
DEATHS = {"97-u2": 2, "97-u7": 1, "97-u8": 1, "12": 39}
WORDS = {True: "agrees", False: "differs", None: "cannot be confirmed"}


@pytest.mark.bench
def test_all_logs_as_a_table(shared: Path, say: Callable[[str], None]) -> None:
    wrong = []
    for path in sorted((shared / "oom-logs").glob("*.log")):
        number = next((one for one in KILLED if path.name.startswith(f"{one}-")), path.name.partition("-")[0])
        expected = DEATHS.get(number, len(KILLED.get(number, ())))
        reading = read_log(str(path))
        found = sum(len(kill.victims) for kill in reading.kills)
        scored = [kill.rescored for kill in reading.kills if kill.killer == "kernel"]
        verdicts = ", ".join("no table" if "no table" in one.why else WORDS[one.agrees] for one in scored)
        say(f"{path.name:<52} {found:>3} / {expected:<3} {verdicts or '-'}")
        if found != expected:
            wrong.append(path.name)
    assert wrong == []
