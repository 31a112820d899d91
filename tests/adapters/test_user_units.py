"""Drop-ins of the user's own manager: written, loaded, read back, and gone without a trace; what is not ours stays.

The manager is played by a small program that keeps to systemctl's words.
"""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from guardian.adapters.unit_plans import effective_plan, parse_drop_in, parse_shown, read_plans
from guardian.adapters.user_units import UnitsRefused, UserUnits
from guardian.protocol.plans import DROP_IN, UnitPlan, drop_in_text
from guardian.protocol.rules import RuleError

PLAN = UnitPlan(300, "continue", "avoid", 64 << 20)
Systemctl = Callable[..., str]


@pytest.fixture
def systemctl(tmp_path: Path) -> Systemctl:
    """A program that shows what the drop-in says, or other `values`, and notes how it was called."""

    def made(values: str | None = None, reload: int = 0) -> str:
        path, units = tmp_path / "systemctl", tmp_path / "config" / "systemd" / "user"
        shown = f"printf '{values}'" if values is not None else f'grep = "{units}/$unit.d/{DROP_IN}"'
        path.write_text(
            f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\nfor unit; do :; done\n'
            f'case "$2" in daemon-reload) [ {reload} = 0 ] || echo "Failed to connect to bus" >&2; exit {reload};;\n'
            f"show) {shown};; esac\n"
        )
        path.chmod(0o755)
        return str(path)

    return made


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "XDG_CONFIG_HOME": str(tmp_path / "config")}


def test_a_plan_is_written_loaded_and_read_back(environ: dict[str, str], systemctl: Systemctl, tmp_path: Path) -> None:
    units = UserUnits(environ, systemctl())
    kept = units.protect("app-code.service", PLAN)
    assert kept.effective == PLAN
    path = tmp_path / "config/systemd/user/app-code.service.d" / DROP_IN
    assert path.read_text() == drop_in_text(PLAN, "app-code.service")
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert (tmp_path / "calls").read_text().splitlines()[0] == "--user daemon-reload"
    assert [(one.unit, one.user, one.plan) for one in read_plans(units.folder, user=True)] == [("app-code.service", True, PLAN)]


def test_removal_leaves_nothing(environ: dict[str, str], systemctl: Systemctl) -> None:
    units = UserUnits(environ, systemctl())
    units.protect("app-code.service", PLAN)
    assert units.unprotect("app-code.service")
    assert not list(units.folder.iterdir())
    assert not units.unprotect("app-code.service")


def test_an_administrators_file_and_folder_stay(environ: dict[str, str], systemctl: Systemctl) -> None:
    units = UserUnits(environ, systemctl())
    folder = units.folder / "a.service.d"
    folder.mkdir(parents=True)
    (folder / DROP_IN).write_text("[Service]\nOOMScoreAdjust=7\n")
    with pytest.raises(UnitsRefused, match="not written by OOM Guardian"):
        units.protect("a.service", PLAN)
    with pytest.raises(UnitsRefused, match="not written by OOM Guardian"):
        units.unprotect("a.service")
    assert (folder / DROP_IN).read_text() == "[Service]\nOOMScoreAdjust=7\n"
    assert read_plans(units.folder, user=True) == ()
    (folder / DROP_IN).unlink()
    (folder / "mine.conf").write_text("")
    units.protect("a.service", PLAN)
    assert units.unprotect("a.service")
    assert [path.name for path in folder.iterdir()] == ["mine.conf"]


def test_negative_is_impossible_here(environ: dict[str, str], systemctl: Systemctl) -> None:
    units = UserUnits(environ, systemctl())
    with pytest.raises(UnitsRefused, match="Impossible here"):
        units.protect("a.service", UnitPlan(-1))
    assert not units.folder.exists()


def test_what_a_stronger_drop_in_overrides_is_not_held_and_put_back(environ: dict[str, str], systemctl: Systemctl) -> None:
    UserUnits(environ, systemctl()).protect("a.service", UnitPlan(100))
    units = UserUnits(environ, systemctl("OOMScoreAdjust=5\\n"))
    with pytest.raises(UnitsRefused, match="Not held: systemd says OOMScoreAdjust=5"):
        units.protect("a.service", UnitPlan(300))
    assert read_plans(units.folder, user=True)[0].plan == UnitPlan(100)
    with pytest.raises(UnitsRefused, match="Not held"):
        units.protect("b.service", UnitPlan(300))
    assert not (units.folder / "b.service.d").exists()


def test_a_manager_that_does_not_answer(environ: dict[str, str], systemctl: Systemctl) -> None:
    units = UserUnits(environ, systemctl(reload=1))
    with pytest.raises(UnitsRefused, match="does not answer: Failed to connect to bus"):
        units.protect("a.service", PLAN)
    assert not (units.folder / "a.service.d").exists()


@pytest.mark.parametrize("unit", ["../x.service", "a", "-x.service", "a/b.service", "a\n.service"])
def test_no_unit_is_no_path(environ: dict[str, str], systemctl: Systemctl, unit: str) -> None:
    with pytest.raises(UnitsRefused):
        UserUnits(environ, systemctl()).protect(unit, PLAN)


def test_without_systemd(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(UnitsRefused, match="no systemd here"):
        UserUnits(environ).protect("a.service", PLAN)
    assert effective_plan("a.service", user=True) is None


def test_what_systemctl_shows() -> None:
    text = "OOMPolicy=stop\nOOMScoreAdjust=-500\nManagedOOMPreference=avoid\nMemoryLow=infinity\n"
    assert parse_shown(text) == UnitPlan(-500, "stop", "avoid", None)
    assert parse_shown("MemoryLow=67108864\n") == UnitPlan(memory_low=67108864)
    assert parse_shown("") == UnitPlan()


def test_only_our_drop_ins_are_understood() -> None:
    assert parse_drop_in(drop_in_text(PLAN, "a.service"), "a.service") == PLAN
    with pytest.raises(RuleError, match="not written"):
        parse_drop_in("[Service]\nOOMScoreAdjust=1\n", "a.service")
    with pytest.raises(RuleError, match="unknown key"):
        parse_drop_in(drop_in_text(PLAN, "a.service") + "ExecStart=/bin/sh\n", "a.service")
