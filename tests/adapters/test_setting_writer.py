"""Settings set, kept and taken back by the helper's own acts, below a root of their own."""

import os
import time
from pathlib import Path
from typing import Any

import pytest

from guardian.adapters.act_journal import ActJournal
from guardian.adapters.helper_client import HelperClient, HelperRefused, NoHelper
from guardian.adapters.setting_trials import read_trials
from guardian.adapters.setting_writer import SettingWriter
from guardian.helper.acts import Caller
from guardian.helper.errors import HelperError
from guardian.helper.setting_acts import KeepSetting, SetSetting, SettingWish
from guardian.helper.setting_store import SettingStore
from guardian.policy.act_words import done_words
from guardian.policy.acts import Act, Done, SettingOrder, SettleOrder, with_done
from guardian.policy.setting_changes import SettingChange, Write

ME = Caller(":1.9", os.geteuid())
VALUES = {
    "overcommit_memory": 0, "overcommit_ratio": 50, "overcommit_kbytes": 0, "swappiness": 60, "panic_on_oom": 0,
    "min_free_kbytes": 67584, "admin_reserve_kbytes": 8192,
}  # fmt: skip


class NearHelper(HelperClient):
    """The helper's acts without a bus between; `refuse_after` lets so many calls pass, `refuse_once` all after that one."""

    def __init__(self, root: str) -> None:
        super().__init__({})
        self.root, self.calls, self.refuse_after = root, 0, 99
        self.absent = self.refuse_once = False

    def call(self, member: str, *arguments: Any) -> tuple[Any, ...]:
        self.calls += 1
        if self.absent:
            raise NoHelper("none")
        if self.calls > self.refuse_after:
            self.refuse_after = 99 if self.refuse_once else self.refuse_after
            raise HelperRefused("io.github.oomguardian.Helper1.Error.NotAuthorized", "no")
        try:
            if member == "KeepSetting":
                return KeepSetting(arguments[0], ME, self.root).perform()
            forget = "forget" in arguments[4]
            return SetSetting(SettingWish(*arguments[:4], forget=forget), ME, self.root).perform()
        except HelperError as error:
            raise HelperRefused(error.name, str(error)) from error


class World:
    def __init__(self, folder: Path) -> None:
        self.folder, self.root = folder, f"{folder}/"
        for name in ("proc/sys/vm", "proc/sys/kernel", "run/oom-guardian", "etc/sysctl.d"):
            (folder / name).mkdir(parents=True)
            (folder / name).chmod(0o755)
        for name, value in VALUES.items():
            (folder / "proc/sys/vm" / name).write_text(f"{value}\n")
        lines = {"MemTotal": 16, "MemFree": 8, "MemAvailable": 9, "SwapTotal": 8, "SwapFree": 8, "Committed_AS": 17}
        (folder / "proc/meminfo").write_text("".join(f"{name}: {size << 20} kB\n" for name, size in lines.items()))
        self.helper = NearHelper(self.root)
        self.writer = SettingWriter(self.helper, self.root)

    def value(self, name: str) -> int:
        return int((self.folder / "proc/sys/vm" / name).read_text())

    @property
    def kept(self) -> str | None:
        path = self.folder / "etc/sysctl.d/60-oom-guardian.conf"
        return path.read_text() if path.exists() else None

    def set(self, *writes: tuple[str, int], persist: bool = False, rollback: int = 0) -> Done:
        return self.writer.perform(SettingOrder("x", tuple(Write(*write) for write in writes), persist, rollback))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_set_kept_and_taken_back_without_a_trace(world: World, tmp_path: Path) -> None:
    done = world.set(("vm.swappiness", 100), persist=True)
    assert done.act.settings == (SettingChange("vm.swappiness", 60, 100, None, 100),)
    assert done_words(done) == "vm.swappiness is 100 (was 60). It is kept across restarts."
    assert world.kept is not None
    journal = ActJournal(tmp_path / "acts.json", "boot")
    journal.write(with_done((), done))
    refusals: list[str] = []
    back = world.writer.take_back(journal.read(), refusals)
    assert (refusals, [change.now for change in back]) == ([], [60])
    assert (world.value("swappiness"), world.kept) == (60, None)


def test_after_a_restart_only_what_the_file_keeps_can_be_taken_back(world: World, tmp_path: Path) -> None:
    passing, lasting = world.set(("vm.swappiness", 100)), world.set(("vm.panic_on_oom", 1), persist=True)
    ActJournal(tmp_path / "acts.json", "boot").write((passing.act, lasting.act))
    (act,) = ActJournal(tmp_path / "acts.json", "another").read()
    assert [change.key for change in act.settings] == ["vm.panic_on_oom"]


def test_a_trial_is_kept_or_goes_back(world: World) -> None:
    tried = world.set(("vm.swappiness", 100), persist=True, rollback=60)
    assert not tried.act.can_undo
    (trial,) = read_trials(world.root)
    assert (trial.change, trial.uid, trial.persist) == (SettingChange("vm.swappiness", 60, 100), ME.uid, True)
    assert 50 < trial.seconds_left <= 60
    back = world.writer.perform(SettleOrder("x", tried.act.on_trial, keep=False))
    assert (world.value("swappiness"), read_trials(world.root), back.act.can_undo) == (60, (), False)
    tried = world.set(("vm.swappiness", 90), persist=True, rollback=60)
    kept = world.writer.perform(SettleOrder("x", tried.act.on_trial, keep=True))
    assert kept.act.settings == (SettingChange("vm.swappiness", 60, 90, None, 90),)
    assert read_trials(world.root) == ()


def test_a_ratio_and_a_mode_are_tried_and_settled_together(world: World) -> None:
    tried = world.set(("vm.overcommit_ratio", 80), ("vm.overcommit_memory", 2), rollback=60)
    assert (world.value("overcommit_ratio"), world.value("overcommit_memory")) == (80, 2)
    world.writer.perform(SettleOrder("x", tried.act.on_trial, keep=False))
    assert (world.value("overcommit_ratio"), world.value("overcommit_memory")) == (50, 0)
    assert read_trials(world.root) == ()
    tried = world.set(("vm.overcommit_ratio", 80), ("vm.overcommit_memory", 2), rollback=60)
    assert not world.writer.perform(SettleOrder("x", tried.act.on_trial, keep=True)).refusals
    assert (world.value("overcommit_ratio"), world.value("overcommit_memory"), read_trials(world.root)) == (80, 2, ())


def test_what_is_deadly_is_refused_with_the_reason_and_nothing_changes(world: World) -> None:
    done = world.set(("vm.overcommit_memory", 2))
    assert done.act.settings == ()
    assert "17.0 GiB are promised already" in done.refusals[0]
    assert world.value("overcommit_memory") == 0


def test_half_done_is_taken_back(world: World) -> None:
    world.helper.refuse_after, world.helper.refuse_once = 1, True
    done = world.set(("vm.overcommit_ratio", 80), ("vm.overcommit_memory", 2))
    assert done.refusals == ("Not changed: the password was not given.",)
    assert (done.act.settings, world.value("overcommit_ratio")) == ((), 50)


def test_what_cannot_be_taken_back_can_be_undone_later(world: World) -> None:
    world.helper.refuse_after = 1
    done = world.set(("vm.overcommit_ratio", 80), ("vm.overcommit_memory", 2))
    assert done.act.settings == (SettingChange("vm.overcommit_ratio", 50, 80),)
    world.helper.refuse_after = 99
    world.writer.take_back([done.act], [])
    assert world.value("overcommit_ratio") == 50


def test_a_half_done_trial_goes_back_by_itself(world: World) -> None:
    world.helper.refuse_after = 1
    done = world.set(("vm.overcommit_ratio", 80), ("vm.overcommit_memory", 2), rollback=5)
    assert done.act.on_trial == ()
    store = SettingStore(world.root)
    store.note_trials(tuple(trial._replace(until=time.clock_gettime(time.CLOCK_BOOTTIME) - 1) for trial in store.trials()))
    store.end_due()
    assert world.value("overcommit_ratio") == 50


def test_the_size_and_the_ratio_come_and_go_together(world: World) -> None:
    done = world.set(("vm.overcommit_kbytes", 4096))
    assert SettingChange("vm.overcommit_kbytes", 0, 4096) in done.act.settings


def test_a_size_on_trial_goes_back_to_the_ratio(world: World) -> None:
    world.set(("vm.overcommit_kbytes", 4096), rollback=60)
    (world.folder / "proc/sys/vm/overcommit_ratio").write_text("0\n")  # as the kernel does
    (trial,) = read_trials(world.root)
    assert trial.changes == (SettingChange("vm.overcommit_kbytes", 0, 4096), SettingChange("vm.overcommit_ratio", 50, 0))
    world.writer.perform(SettleOrder("x", trial.changes, keep=False))
    assert (world.value("overcommit_ratio"), read_trials(world.root)) == (50, ())
    world.set(("vm.overcommit_kbytes", 8192), rollback=60)
    (world.folder / "proc/sys/vm/overcommit_ratio").write_text("0\n")
    (trial,) = read_trials(world.root)
    assert not world.writer.perform(SettleOrder("x", trial.changes, keep=True)).refusals
    assert (world.value("overcommit_kbytes"), read_trials(world.root)) == (8192, ())


def test_without_the_helper_it_says_how_to_get_it(world: World) -> None:
    world.helper.absent = True
    done = world.set(("vm.swappiness", 100))
    assert "installers/install-helper.sh" in done.refusals[0]
    assert not done.act.can_undo


@pytest.mark.parametrize(
    "text", ["", "[", "{}", "[1]", '[{"key": "vm.swappiness"}]', '[{"key": 3, "value": []}]', "[" * 10000, '[{"key":"kernel.x"}]']
)
def test_trials_that_make_no_sense_are_none(world: World, text: str) -> None:
    (world.folder / "run/oom-guardian/trials.json").write_text(text)
    assert read_trials(world.root) == ()


def test_an_act_without_settings_takes_nothing_back(world: World) -> None:
    assert world.writer.take_back([Act("x", 1.0)], []) == ()
