"""Trials of sysctls below a root of their own: each is put back alone, kept by whoever began it, and with its pair."""

import time
from pathlib import Path

import pytest

from guardian.helper.acts import Caller
from guardian.helper.errors import Failed, Refused
from guardian.helper.setting_acts import KeepSetting, SetSetting, SettingWish
from guardian.helper.setting_store import SettingStore
from guardian.protocol.sysctls import Sysctl

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
    for name, value in {"overcommit_memory": 0, "min_free_kbytes": 67584, "admin_reserve_kbytes": 8192}.items():
        (tmp_path / "proc/sys/vm" / name).write_text(f"{value}\n")
    promise(f"{tmp_path}/", 10)
    return f"{tmp_path}/"


def promise(root: str, gib: int) -> None:
    """16 GiB of RAM, 8 GiB of swap, and so many GiB promised."""
    lines = {"MemTotal": 16, "MemFree": 8, "MemAvailable": 9, "SwapTotal": 8, "SwapFree": 8, "Committed_AS": gib}
    Path(root, "proc/meminfo").write_text("".join(f"{name}: {size << 20} kB\n" for name, size in lines.items()))


def value(root: str, name: str) -> str:
    return Path(root, "proc/sys/vm", name).read_text().strip()


def make_due(root: str) -> None:
    store = SettingStore(root)
    store.note_trials(tuple(trial._replace(until=time.clock_gettime(time.CLOCK_BOOTTIME) - 1) for trial in store.trials()))


def kept(root: str) -> Path:
    return Path(root, "etc/sysctl.d/60-oom-guardian.conf")


def test_a_trial_writes_no_file_and_is_put_back(root: str) -> None:
    assert SetSetting(SettingWish("vm.swappiness", "10", True, 60), ANNA, root).perform() == ("60",)
    assert value(root, "swappiness") == "10"
    assert not kept(root).exists()
    make_due(root)
    ended, complaints, left = SettingStore(root).end_due()
    assert ([trial.key for trial in ended], complaints, left) == (["vm.swappiness"], (), None)
    assert value(root, "swappiness") == "60"


def test_a_refused_value_leaves_the_trial_before_it_on_trial(root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    SetSetting(SettingWish("vm.swappiness", "10", False, 60), ANNA, root).perform()

    def refuse(_store: SettingStore, _sysctl: Sysctl, _value: str) -> None:
        raise Failed("The kernel refused it.")

    with monkeypatch.context() as kernel:
        kernel.setattr(SettingStore, "write", refuse)
        with pytest.raises(Failed):
            SetSetting(SettingWish("vm.swappiness", "20", False, 0), ANNA, root).perform()
    make_due(root)
    SettingStore(root).end_due()
    assert value(root, "swappiness") == "60"


def test_only_whoever_began_it_keeps_it(root: str) -> None:
    SetSetting(SettingWish("vm.swappiness", "10", True, 60), ANNA, root).perform()
    with pytest.raises(Refused, match="somebody else"):
        KeepSetting("vm.swappiness", BERT, root)
    KeepSetting("vm.swappiness", ANNA, root).perform()
    assert "vm.swappiness = 10\n" in kept(root).read_text()
    make_due(root)
    assert SettingStore(root).end_due() == ((), (), None)
    assert value(root, "swappiness") == "10"


def test_a_trial_that_ended_during_the_dialog_is_not_kept(root: str) -> None:
    SetSetting(SettingWish("vm.swappiness", "10", True, 60), ANNA, root).perform()
    act = KeepSetting("vm.swappiness", ANNA, root)
    make_due(root)
    SettingStore(root).end_due()
    with pytest.raises(Refused, match="ended meanwhile"):
        act.compare()


def test_one_that_cannot_be_put_back_holds_up_no_other(root: str) -> None:
    SetSetting(SettingWish("vm.panic_on_oom", "1", False, 60), ANNA, root).perform()
    SetSetting(SettingWish("vm.swappiness", "10", False, 60), ANNA, root).perform()
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
    SetSetting(SettingWish("vm.overcommit_kbytes", "4096", False, 60), ANNA, root).perform()
    Path(root, "proc/sys/vm/overcommit_ratio").write_text("0\n")  # as the kernel does
    SetSetting(SettingWish("vm.overcommit_kbytes", "8192", False, 60), ANNA, root).perform()
    make_due(root)
    SettingStore(root).end_due()
    assert value(root, "overcommit_ratio") == "50"


def test_trials_that_are_not_whole_are_none(root: str) -> None:
    Path(root, "run/oom-guardian/trials.json").write_text('[{"key": "vm.swappiness"')
    assert SettingStore(root).trials() == ()


def set_now(root: str, key: str, value: object, *, persist: bool = False, rollback: int = 0, forget: bool = False) -> None:
    SetSetting(SettingWish(key, str(value), persist, rollback, forget=forget), ANNA, root).perform()


def test_a_mode_that_would_stop_new_programs_is_refused(root: str) -> None:
    promise(root, 17)
    with pytest.raises(Refused, match=r"17.0 GiB are promised already, mode 2 would allow 16.0 GiB"):
        set_now(root, "vm.overcommit_memory", 2)
    set_now(root, "vm.overcommit_ratio", 70)
    set_now(root, "vm.overcommit_memory", 2)
    assert value(root, "overcommit_memory") == "2"
    with pytest.raises(Refused, match="promised already"):
        set_now(root, "vm.overcommit_ratio", 50)


def test_what_became_deadly_while_the_password_was_typed_is_refused(root: str) -> None:
    act = SetSetting(SettingWish("vm.overcommit_memory", "2", False, 0), ANNA, root)
    promise(root, 20)
    with pytest.raises(Refused, match="promised already"):
        act.compare()


@pytest.mark.parametrize("kbytes,refused", [(67584, False), (1 << 20, False), (4 << 20, True), (1 << 31, True)])
def test_no_more_is_kept_back_than_there_is(root: str, kbytes: int, refused: bool) -> None:
    if refused:
        with pytest.raises(Refused, match="would end running programs at once"):
            set_now(root, "vm.min_free_kbytes", kbytes)
        assert value(root, "min_free_kbytes") == "67584"
    else:
        set_now(root, "vm.min_free_kbytes", kbytes)
        assert value(root, "min_free_kbytes") == str(kbytes)


def test_the_mode_goes_back_before_the_ratio_that_makes_it_safe(root: str) -> None:
    promise(root, 17)
    set_now(root, "vm.overcommit_ratio", 70, rollback=10)
    set_now(root, "vm.overcommit_memory", 2, rollback=60)
    ratio, mode = SettingStore(root).trials()
    assert ratio.until == mode.until
    make_due(root)
    ended, complaints, _left = SettingStore(root).end_due()
    assert ([trial.key for trial in ended], complaints) == (["vm.overcommit_memory", "vm.overcommit_ratio"], ())
    assert (value(root, "overcommit_memory"), value(root, "overcommit_ratio")) == ("0", "50")


def test_a_trial_does_not_go_back_to_what_would_stop_the_machine(root: str) -> None:
    set_now(root, "vm.overcommit_memory", 2)
    set_now(root, "vm.overcommit_memory", 0, rollback=30)
    promise(root, 20)
    make_due(root)
    _ended, complaints, left = SettingStore(root).end_due()
    assert "promised already" in complaints[0]
    assert left is not None
    promise(root, 10)
    make_due(root)
    assert [trial.key for trial in SettingStore(root).end_due()[0]] == ["vm.overcommit_memory"]
    assert value(root, "overcommit_memory") == "2"


def test_the_file_is_gone_after_its_last_line(root: str) -> None:
    set_now(root, "vm.swappiness", 100, persist=True)
    set_now(root, "vm.panic_on_oom", 1, persist=True)
    text = kept(root).read_text()
    assert text.startswith("# Kept by OOM Guardian")
    set_now(root, "vm.swappiness", 60, forget=True)
    assert "swappiness" not in kept(root).read_text()
    set_now(root, "vm.panic_on_oom", 0, forget=True)
    assert not kept(root).exists()
    assert (value(root, "swappiness"), value(root, "panic_on_oom")) == ("60", "0")


def test_a_file_that_cannot_be_read_is_not_taken_for_empty(root: str) -> None:
    Path(root, "etc/sysctl.d/60-oom-guardian.conf").mkdir()
    with pytest.raises(Failed, match="could not be read"):
        SettingStore(root).persist("vm.swappiness", "90")


def test_what_is_kept_stands_in_an_order_that_is_safe_at_boot(root: str) -> None:
    for key, number in (("vm.overcommit_memory", 2), ("vm.overcommit_ratio", 90), ("vm.swappiness", 100)):
        set_now(root, key, number, persist=True)
    lines = [line.split(" ")[0] for line in kept(root).read_text().splitlines() if not line.startswith("#")]
    assert lines == ["vm.swappiness", "vm.overcommit_ratio", "vm.overcommit_memory"]


def test_taking_back_is_neither_keeping_nor_trying(root: str) -> None:
    with pytest.raises(Refused, match="taken back"):
        set_now(root, "vm.swappiness", 60, persist=True, forget=True)
