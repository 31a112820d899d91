"""The file of settings: written whole, read when it changes, kept aside when broken."""

from pathlib import Path

import pytest

from guardian.adapters.settings_file import SettingsFile
from guardian.adapters.settings_place import settings_path
from guardian.policy.setting_values import SettingError
from guardian.policy.settings import DEFAULTS


@pytest.fixture
def file(tmp_path: Path) -> SettingsFile:
    return SettingsFile(tmp_path / "own" / "settings.toml")


def test_without_a_file_the_defaults_hold(file: SettingsFile) -> None:
    assert file.read() == (DEFAULTS, ())


def test_a_change_is_there_for_the_next_reader(file: SettingsFile) -> None:
    file.change("notifications.level", "critical")
    file.change("relief.never_freeze", ("firefox", "gimp"))
    other = SettingsFile(file.path).read().settings
    assert other.text("notifications.level") == "critical"
    assert other.names("relief.never_freeze") == ("firefox", "gimp")


def test_a_change_by_somebody_else_is_seen(file: SettingsFile) -> None:
    file.change("notifications.level", "critical")
    SettingsFile(file.path).change("notifications.level", "warning")
    assert file.read().settings.text("notifications.level") == "warning"


def test_what_does_not_fit_changes_nothing(file: SettingsFile) -> None:
    file.change("notifications.quiet", 60)
    before = Path(file.path).read_bytes()
    with pytest.raises(SettingError):
        file.change("notifications.quiet", 1)
    assert Path(file.path).read_bytes() == before
    assert [one.name for one in Path(file.path).parent.iterdir()] == ["settings.toml"]


@pytest.mark.parametrize("text", [b"[x", b"\xff\xfe", b"a = " + b"[" * 5000])
def test_a_broken_file_is_kept_aside_and_named(file: SettingsFile, text: bytes) -> None:
    folder = Path(file.path).parent
    folder.mkdir()
    Path(file.path).write_bytes(text)
    found = file.read()
    assert found.settings == DEFAULTS
    (aside,) = folder.iterdir()
    assert aside.name in found.complaints[0]
    assert aside.read_bytes() == text
    assert file.read() == (DEFAULTS, ())


def test_a_setting_that_is_not_known_rests_and_is_named(file: SettingsFile) -> None:
    Path(file.path).parent.mkdir()
    Path(file.path).write_text('[notifications]\nlevl = "critical"\nquiet = 60\n')
    found = file.read()
    assert found.settings.number("notifications.quiet") == 60
    assert "notifications.level" in found.complaints[0]


def test_it_lies_where_xdg_says() -> None:
    assert settings_path({"XDG_CONFIG_HOME": "/c"}) == "/c/oom-guardian/settings.toml"
    assert settings_path({"XDG_CONFIG_HOME": "relative"}).endswith("/.config/oom-guardian/settings.toml")
