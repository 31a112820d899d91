"""What a setting would do, told before it is set; and the order in which several are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.policy.knob_effect import Effect, Grade, after_write, gravest, predict
from guardian.policy.setting_changes import (
    SettingChange,
    SettingSteps,
    WishError,
    Write,
    parse_wish,
    plan_writes,
    undo_settings,
)
from guardian.protocol.deadly import DEADLY_KEYS, deadly
from guardian.protocol.sysctls import SYSCTLS
from tests.policy.machines import GIB, MACHINES, USUAL, profile_of

LAPTOP = MACHINES["laptop, 16 GiB, zram"]
MODE, RATIO, KBYTES = "vm.overcommit_memory", "vm.overcommit_ratio", "vm.overcommit_kbytes"


def effects(*wishes: tuple[str, int], profile: object = LAPTOP) -> tuple[Effect, ...]:
    return predict([Write(*wish) for wish in wishes], profile)  # type: ignore[arg-type]


def test_a_mode_that_would_stop_new_programs_is_refused_as_the_page_says_it() -> None:
    (effect,) = effects((MODE, 2))
    assert effect == Effect(
        Grade.REFUSED,
        "Mode 2 with 50 % would stop new programs at once.",
        "18.6 GiB are promised already, the limit would be 15.8 GiB. From 69 % on it fits.",
    )


def test_from_the_least_ratio_on_it_fits_and_one_below_it_does_not() -> None:
    commit = LAPTOP.commit
    assert commit.least_ratio == 69
    assert gravest(effects((MODE, 2), (RATIO, 68))) is Grade.REFUSED
    (tight,) = effects((MODE, 2), (RATIO, 69))
    assert tight.grade is Grade.CAREFUL
    assert "From 79 % on there is room to work." in tight.why
    (roomy,) = effects((MODE, 2), (RATIO, 79))
    assert roomy.grade is Grade.FINE
    assert roomy.says == "Mode 2 with 79 % would leave 1.6 GiB to promise."


def test_a_size_in_place_of_the_ratio() -> None:
    (refused,) = effects((MODE, 2), (KBYTES, 8 << 20))
    assert refused.says == "Mode 2 with 8.0 GiB would stop new programs at once."
    assert gravest(effects((MODE, 2), (KBYTES, 16 << 20))) is Grade.FINE
    (later,) = effects((KBYTES, 16 << 20))
    assert later.says == "Nothing changes now: it counts in mode 2, which would promise 24.0 GiB."


def test_a_panic_without_a_restart_is_warned_of() -> None:
    (alone,) = effects(("vm.panic_on_oom", 1))
    assert alone.grade is Grade.CAREFUL
    assert alone.why.startswith("kernel.panic is 0. Set kernel.panic=10 first")
    restart, panic = effects(("vm.panic_on_oom", 1), ("kernel.panic", 10))
    assert restart.says == "A stopped kernel would start again after 10 s."
    assert panic.says == "At the next shortage the machine would stop and start again."


def test_a_reserve_larger_than_what_is_left_is_refused() -> None:
    (effect,) = effects(("vm.min_free_kbytes", 8 << 20))
    assert effect.grade is Grade.REFUSED
    assert effect.says == "8.0 GiB kept back would end running programs at once."
    (fine,) = effects(("vm.min_free_kbytes", 128 << 10))
    assert fine.says == "Reclaim would wake at 160 MiB free and rest at 192 MiB; now it is 82 MiB and 99 MiB."
    assert fine.why == "93 MiB more would stay free."


@pytest.mark.parametrize(
    "key,value,grade,says",
    [
        ("vm.swappiness", 100, Grade.FINE, "Giving up a program's page would count 100, one of the file cache 100."),
        ("vm.swappiness", 0, Grade.CAREFUL, "Giving up a program's page would count 200, one of the file cache 0."),
        (MODE, 1, Grade.CAREFUL, "Every request would be granted."),
        (MODE, 0, Grade.FINE, "Single requests above 23.5 GiB would be refused, all others granted."),
        ("vm.oom_kill_allocating_task", 1, Grade.CAREFUL, "Whoever asks next would be ended, whatever it holds."),
        ("vm.oom_dump_tasks", 0, Grade.CAREFUL, "The log would name the victim alone."),
        ("vm.page-cluster", 0, Grade.FINE, "4.0 KiB would be read at once from swap."),
        ("vm.page-cluster", 20, Grade.CAREFUL, "4.0 GiB would be read at once from swap."),
        ("vm.admin_reserve_kbytes", 131072, Grade.FINE, "Nothing changes now: it counts in mode 2 alone."),
        ("vm.watermark_scale_factor", 3000, Grade.CAREFUL, "Reclaim would wake at 4.7 GiB free and rest at 9.4 GiB; now it is"),
        ("kernel.panic", 0, Grade.FINE, "A stopped kernel would stay stopped."),
    ],
)
def test_each_tells_what_it_would_do(key: str, value: int, grade: Grade, says: str) -> None:
    (effect,) = effects((key, value))
    assert effect.grade is grade
    assert effect.says.startswith(says)


def test_without_swap_nothing_changes() -> None:
    (effect,) = effects(("vm.swappiness", 10), profile=profile_of(8))
    assert effect.says == "Nothing changes now: there is no swap."


def test_the_limit_comes_before_the_mode_and_goes_after_it() -> None:
    there = plan_writes([Write(MODE, 2), Write(RATIO, 80)], USUAL)
    assert [write.key for write in there] == [RATIO, MODE]
    back = plan_writes([Write(RATIO, 50), Write(MODE, 0)], USUAL._replace(overcommit_memory=2, overcommit_ratio=80))
    assert [write.key for write in back] == [MODE, RATIO]


def test_the_restart_comes_before_the_panic_and_goes_after_it() -> None:
    there = plan_writes([Write("vm.panic_on_oom", 1), Write("kernel.panic", 10)], USUAL)
    assert [write.key for write in there] == ["kernel.panic", "vm.panic_on_oom"]
    back = plan_writes([Write("kernel.panic", 0), Write("vm.panic_on_oom", 0)], USUAL._replace(panic_on_oom=1, kernel_panic=10))
    assert [write.key for write in back] == ["vm.panic_on_oom", "kernel.panic"]


@given(
    st.lists(
        st.sampled_from(sorted(SYSCTLS)).flatmap(
            lambda key: st.integers(SYSCTLS[key].least, min(SYSCTLS[key].most, 1 << 26)).map(lambda value: Write(key, value))
        ),
        max_size=5,
    ),
    st.sampled_from(sorted(MACHINES)),
)
def test_no_step_on_the_way_is_deadly_unless_refused(wishes: list[Write], name: str) -> None:
    now = MACHINES[name]
    if gravest(predict(wishes, now)) is Grade.REFUSED:
        return
    for write in plan_writes(wishes, now.settings):
        assert write.key not in DEADLY_KEYS or deadly(write.key, write.value, now.commit.facts) is None
        now = after_write(now, write)


@pytest.mark.parametrize(
    "text,why",
    [
        ("vm.swappiness", "write KEY=VALUE"),
        ("vm.nonsense=1", "no setting of memory"),
        ("zswap=1", "explained, not set"),
        ("vm.swappiness=lots", "takes a whole number"),
        ("vm.swappiness=201", "takes 0 … 200"),
        ("=", "no setting of memory"),
    ],
)
def test_a_wish_that_cannot_be_says_why(text: str, why: str) -> None:
    with pytest.raises(WishError, match=why):
        parse_wish(text, LAPTOP.release)


def test_short_names_are_understood_and_old_kernels_take_less() -> None:
    assert parse_wish("swappiness = 150", LAPTOP.release) == Write("vm.swappiness", 150)
    assert parse_wish("kernel.panic=-1", LAPTOP.release) == Write("kernel.panic", -1)
    with pytest.raises(WishError, match="0 … 100"):
        parse_wish("vm.swappiness=150", profile_of(8, release="5.4.0").release)


def test_undo_goes_back_to_before_the_first_and_leaves_what_others_set() -> None:
    changes = [SettingChange("vm.swappiness", 60, 80), SettingChange("vm.swappiness", 80, 100, None, 100)]
    now = USUAL._replace(swappiness=100)
    assert undo_settings(changes, now, {"vm.swappiness": 100}) == (SettingSteps("vm.swappiness", 60, None, True),)
    other = USUAL._replace(swappiness=33)
    assert undo_settings(changes, other, {"vm.swappiness": 100}) == (SettingSteps("vm.swappiness", 33, None, True),)
    assert undo_settings(changes, other, {}) == ()


def test_undo_of_a_size_brings_the_ratio_back() -> None:
    changes = [SettingChange(KBYTES, 0, 4096), SettingChange(RATIO, 50, 0)]
    now = USUAL._replace(overcommit_kbytes=4096, overcommit_ratio=0)
    assert [(step.key, step.value) for step in undo_settings(changes, now, {})] == [(RATIO, 50)]


def test_undo_leaves_the_mode_before_its_ratio() -> None:
    changes = [SettingChange(RATIO, 50, 80), SettingChange(MODE, 0, 2)]
    now = USUAL._replace(overcommit_memory=2, overcommit_ratio=80)
    assert [step.key for step in undo_settings(changes, now, {})] == [MODE, RATIO]


def test_least_ratio_is_exact() -> None:
    from guardian.model.commit import limit_at
    from guardian.protocol.deadly import MemoryFacts, allowed_bytes

    facts: MemoryFacts = LAPTOP.commit.facts
    assert allowed_bytes(facts._replace(ratio=69)) > facts.promised >= allowed_bytes(facts._replace(ratio=68))
    assert limit_at(facts, 100) == int(15.5 * GIB) + 8 * GIB
