"""Starting at login by the desktop's own means, where no systemd of the user runs."""

from pathlib import Path

import pytest

from guardian.adapters.login_start import FILE_NAME, CannotSetLogin, autostart_path, set_login_start


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"XDG_CONFIG_HOME": str(tmp_path / "mine"), "XDG_CONFIG_DIRS": f"{tmp_path}/none:{tmp_path}/machine", "PATH": ""}


def the_machine_s(environ: dict[str, str], text: str) -> None:
    file = Path(environ["XDG_CONFIG_DIRS"].split(":")[1], "autostart", FILE_NAME)
    file.parent.mkdir(parents=True)
    file.write_text(text, encoding="utf-8")


def test_on_writes_a_file_and_off_takes_it_away(environ: dict[str, str]) -> None:
    set_login_start(on=True, environ=environ)
    assert "Exec=" in autostart_path(environ).read_text(encoding="utf-8")
    set_login_start(on=False, environ=environ)
    assert not autostart_path(environ).exists()


def test_off_speaks_against_what_the_machine_starts_for_everybody(environ: dict[str, str]) -> None:
    the_machine_s(environ, "[Desktop Entry]\nExec=guardian agent\nHidden=false\n")
    set_login_start(on=False, environ=environ)
    assert "Hidden=true" in autostart_path(environ).read_text(encoding="utf-8").splitlines()
    set_login_start(on=True, environ=environ)
    assert "Hidden=true" not in autostart_path(environ).read_text(encoding="utf-8")


def test_what_the_package_brings_starts_nobody(environ: dict[str, str], checkout: Path) -> None:
    the_machine_s(environ, (checkout / "resources/autostart" / FILE_NAME).read_text(encoding="utf-8"))
    set_login_start(on=False, environ=environ)
    assert not autostart_path(environ).exists()


def test_a_folder_that_cannot_be_written_is_told(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("a file")
    with pytest.raises(CannotSetLogin, match="cannot be written"):
        set_login_start(on=True, environ=environ)
