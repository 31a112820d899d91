"""Drop-ins of units below a root of their own: what systemd will not take leaves all as it was before."""

from pathlib import Path

import pytest
from jeepney import Message, new_error, new_method_return

from guardian.helper.errors import Failed, HelperError, Refused
from guardian.helper.unit_acts import RemoveUnitProtection, SetUnitProtection
from guardian.protocol.plans import DROP_IN, OWNER_HEADER


@pytest.fixture
def root(tmp_path: Path) -> str:
    (tmp_path / "run/systemd/system").mkdir(parents=True)
    (tmp_path / "etc/systemd/system").mkdir(parents=True)
    return f"{tmp_path}/"


def folder(root: str) -> Path:
    return Path(root, "etc/systemd/system/cron.service.d")


def refused(act: SetUnitProtection) -> int:
    """How many calls systemd got, all of which it refused."""
    steps = act.perform()
    assert not isinstance(steps, tuple)
    asked: Message = next(steps)
    for made in range(1, 9):
        asked.header.serial = made
        try:
            asked = steps.send(new_error(asked, "org.freedesktop.DBus.Error.AccessDenied"))
        except Failed:
            return made
    raise AssertionError("it never gave up")


def plan(value: int, root: str) -> SetUnitProtection:
    return SetUnitProtection("cron.service", {"OOMScoreAdjust": ("i", value)}, {}, root)


def test_a_plan_that_systemd_refuses_leaves_nothing(root: str) -> None:
    assert refused(plan(-100, root)) == 2  # the load, and the load of what was before
    assert not folder(root).exists()


def test_a_plan_that_systemd_refuses_leaves_the_earlier_one(root: str) -> None:
    folder(root).mkdir(mode=0o755)
    folder(root).chmod(0o755)
    earlier = OWNER_HEADER + "[Service]\nOOMScoreAdjust=-50\n"
    (folder(root) / DROP_IN).write_text(earlier)
    refused(plan(-100, root))
    assert (folder(root) / DROP_IN).read_text() == earlier


def test_an_administrators_file_is_left_alone(root: str) -> None:
    folder(root).mkdir(mode=0o755)
    (folder(root) / DROP_IN).write_text("[Service]\nOOMScoreAdjust=-50\n")
    for act in (plan(-100, root), RemoveUnitProtection("cron.service", root)):
        with pytest.raises(Failed, match="not written by OOM Guardian"):
            next(act.perform())
    assert (folder(root) / DROP_IN).exists()


def test_a_folder_that_is_a_link_is_not_written_through(root: str, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    folder(root).symlink_to(tmp_path / "home")
    with pytest.raises(HelperError):
        next(plan(-100, root).perform())
    assert list((tmp_path / "home").iterdir()) == []


@pytest.mark.parametrize(
    "unit", ["../../passwd.service", "cron-.service", "foo-@1.service", "-.slice", "cron.service\n", "cron.conf"]
)
def test_only_the_plain_name_of_one_unit(root: str, unit: str) -> None:
    with pytest.raises(Refused):
        SetUnitProtection(unit, {"MemoryLow": ("t", 1)}, {}, root)


def test_the_first_call_to_systemd_comes_after_the_file(root: str) -> None:
    steps = plan(-100, root).perform()
    assert not isinstance(steps, tuple)
    asked = next(steps)
    asked.header.serial = 1
    assert (folder(root) / DROP_IN).read_text().endswith("[Service]\nOOMScoreAdjust=-100\n")
    loaded = steps.send(new_method_return(asked))
    loaded.header.serial = 2
    with pytest.raises(StopIteration) as end:
        steps.send(new_error(loaded, "org.freedesktop.systemd1.NoSuchUnit"))
    assert end.value.value == (str(folder(root) / DROP_IN),)
