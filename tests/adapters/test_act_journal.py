"""The journal brings back what can still be taken back, and nothing of an earlier boot that a pid could mislead."""

import json
from pathlib import Path

import pytest

from guardian.adapters.act_journal import ActJournal, boot_id
from guardian.kernel.process import ProcessKey
from guardian.policy.acts import Act, Change, GroupLimit, UnitWish
from guardian.policy.pins import Keeper, Pin
from guardian.protocol.plans import UnitPlan
from guardian.protocol.rules import Rule

KEY = ProcessKey(10, 20)
ACT = Act(
    "Sound",
    5.0,
    (Change(KEY, "p", 0, 500),),
    kept=(Pin(Rule("app", "x", -5, "anna", id="app-x"), Keeper.HELPER),),
    forgotten=(Pin(Rule("exe", "/usr/bin/y", 5, id="my-y"), Keeper.AGENT),),
    units=(UnitWish("a.service", user=True, plan=UnitPlan(5, "stop")),),
    units_gone=(UnitWish("b.service", user=False, plan=UnitPlan(memory_low=7)),),
    frozen=(KEY,),
    limits=(GroupLimit("/app.slice/app-x-1.scope", None, 1 << 30), GroupLimit("/y", 1 << 30, None)),
)


def test_all_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "acts.json"
    ActJournal(path, "boot").write((ACT,))
    assert ActJournal(path, "boot").read() == (ACT,)
    assert [one.name for one in path.parent.iterdir()] == ["acts.json"]


@pytest.mark.parametrize("boot", ["other", ""])
def test_after_a_restart_of_the_machine_pids_mean_nothing(tmp_path: Path, boot: str) -> None:
    path = tmp_path / "acts.json"
    ActJournal(path, "boot").write((ACT, Act("x", 6.0, (Change(KEY, "p", 0, 5),))))
    assert ActJournal(path, boot).read() == (ACT._replace(changes=(), frozen=(), limits=()),)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"boot": "b", "acts": 5}',
        '{"boot": "b", "acts": [{"label": "x"}]}',
        '{"boot": "b", "acts": [{"label": "x", "time": "never"}]}',
        "[" * 100_000,
    ],
)
def test_a_broken_file_counts_as_empty(tmp_path: Path, text: str) -> None:
    path = tmp_path / "acts.json"
    path.write_text(text)
    assert ActJournal(path, "b").read() == ()


def test_a_rule_that_none_may_have_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "acts.json"
    ActJournal(path, "b").write((ACT,))
    document = json.loads(path.read_text())
    document["acts"][0]["units"][0]["unit"] = "../../etc/passwd"
    path.write_text(json.dumps(document))
    assert ActJournal(path, "b").read() == ()


def test_no_file_is_no_acts(tmp_path: Path) -> None:
    assert ActJournal(tmp_path / "none.json").read() == ()
    assert boot_id() == Path("/proc/sys/kernel/random/boot_id").read_text().strip()
