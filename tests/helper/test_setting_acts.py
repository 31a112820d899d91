"""Trials of sysctls below a root of their own: each is put back alone, kept by whoever began it, and with its pair."""

import time
from pathlib import Path

import pytest

from guardian.helper.acts import Caller
from guardian.helper.errors import Refused
from guardian.helper.setting_acts import KeepSetting, SetSetting, SettingStore

ANNA, BERT = Caller(":1.1", 1000), Caller(":1.2", 1001)


@pytest.fixture
def root(tmp_path: Path) -> str:
    (tmp_path / "proc/sys/vm").mkdir(parents=True)
    (tmp_path / "etc/sysctl.d").mkdir(parents=True)
    for name in ("run/oom-guardian", "etc/sysctl.d"):
        (tmp_path / name).mkdir(parents=True, exist_ok=True)
        (tmp_path / name).chmod(0o755)
    for name, value in {"swappiness": 60, "panic_on_oom": 0, "overcommit_ratio": 50, "overcommit_kbytes": 0}.items():
        (tmp_path / "proc/sys/vm" / name).write_text(f"{value}\n")
    return f"{tmp_path}/"


def value(root: str, name: str) -> str:
    return Path(root, "proc/sys/vm", name).read_text().strip()


def make_due(root: str) -> None:
    store = SettingStore(root)
    store.note_trials(tuple(trial._replace(until=time.clock_gettime(time.CLOCK_BOOTTIME) - 1) for trial in store.trials()))


def kept(root: str) -> Path:
    return Path(root, "etc/sysctl.d/90-oom-guardian.conf")


def test_a_trial_writes_no_file_and_is_put_back(root: str) -> None:
    assert SetSetting("vm.swappiness", "10", True, 60, ANNA, root).perform() == ("60",)
    assert value(root, "swappiness") == "10"
    assert not kept(root).exists()
    make_due(root)
    ended, complaints, left = SettingStore(root).end_due()
    assert ([trial.key for trial in ended], complaints, left) == (["vm.swappiness"], (), None)
    assert value(root, "swappiness") == "60"


def test_only_whoever_began_it_keeps_it(root: str) -> None:
    SetSetting("vm.swappiness", "10", True, 60, ANNA, root).perform()
    with pytest.raises(Refused, match="somebody else"):
        KeepSetting("vm.swappiness", BERT, root)
    KeepSetting("vm.swappiness", ANNA, root).perform()
    assert "vm.swappiness = 10\n" in kept(root).read_text()
    make_due(root)
    assert SettingStore(root).end_due() == ((), (), None)
    assert value(root, "swappiness") == "10"


def test_a_trial_that_ended_during_the_dialog_is_not_kept(root: str) -> None:
    SetSetting("vm.swappiness", "10", True, 60, ANNA, root).perform()
    act = KeepSetting("vm.swappiness", ANNA, root)
    make_due(root)
    SettingStore(root).end_due()
    with pytest.raises(Refused, match="ended meanwhile"):
        act.compare()


def test_one_that_cannot_be_put_back_holds_up_no_other(root: str) -> None:
    SetSetting("vm.panic_on_oom", "1", False, 60, ANNA, root).perform()
    SetSetting("vm.swappiness", "10", False, 60, ANNA, root).perform()
    Path(root, "proc/sys/vm/panic_on_oom").unlink()
    Path(root, "proc/sys/vm/panic_on_oom").mkdir()
    make_due(root)
    ended, complaints, left = SettingStore(root).end_due()
    assert [trial.key for trial in ended] == ["vm.swappiness"]
    assert value(root, "swappiness") == "60"
    assert len(complaints) == 1
    assert left is not None
    assert left > 5  # and it is not tried again at once, for ever
    assert SettingStore(root).end_due()[:2] == ((), ())


def test_of_a_pair_the_one_that_ruled_is_put_back(root: str) -> None:
    SetSetting("vm.overcommit_kbytes", "4096", False, 60, ANNA, root).perform()
    Path(root, "proc/sys/vm/overcommit_ratio").write_text("0\n")  # as the kernel does
    SetSetting("vm.overcommit_kbytes", "8192", False, 60, ANNA, root).perform()
    make_due(root)
    SettingStore(root).end_due()
    assert value(root, "overcommit_ratio") == "50"


def test_trials_that_are_not_whole_are_none(root: str) -> None:
    Path(root, "run/oom-guardian/trials.json").write_text('[{"key": "vm.swappiness"')
    assert SettingStore(root).trials() == ()
