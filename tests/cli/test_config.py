"""`guardian config`."""

import json
import os
from pathlib import Path

import pytest

from guardian.cli.main import main

Capture = pytest.CaptureFixture[str]


def test_a_value_is_set_and_got(capsys: Capture) -> None:
    assert main(["config", "set", "thresholds.low_room=2 GiB"]) == 0
    assert main(["config", "get", "thresholds.low_room"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "2.0 GiB"


def test_json_has_every_setting_with_its_range(capsys: Capture) -> None:
    assert main(["config", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == 1
    rows = {row["key"]: row for row in found["settings"]}
    assert rows["notifications.quiet"]["default"] == 900
    assert rows["notifications.level"]["choices"] == ["warning", "critical"]


def test_a_wrong_key_is_usage_and_names_the_nearest(capsys: Capture) -> None:
    assert main(["config", "get", "notifications.levl"]) == 2
    assert "Did you mean notifications.level?" in capsys.readouterr().err


def test_a_value_out_of_range_is_refused_with_the_range(capsys: Capture) -> None:
    assert main(["config", "set", "thresholds.thrashing=200 %"]) == 2
    assert "2 % … 90 %" in capsys.readouterr().err


def test_an_empty_value_brings_the_default_back(capsys: Capture) -> None:
    main(["config", "set", "notifications.quiet=60"])
    assert main(["config", "set", "notifications.quiet="]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "notifications.quiet = 900 s"


def test_a_file_that_cannot_be_written_is_named(capsys: Capture) -> None:
    Path(os.environ["XDG_CONFIG_HOME"]).mkdir(parents=True)
    (Path(os.environ["XDG_CONFIG_HOME"]) / "oom-guardian").write_text("a file in the way")
    assert main(["config", "set", "notifications.quiet=60"]) == 1
    assert "cannot be written" in capsys.readouterr().err


def test_start_at_login_makes_and_removes_the_autostart_file() -> None:
    entry = Path(os.environ["XDG_CONFIG_HOME"]) / "autostart" / "io.github.oomguardian.Agent.desktop"
    assert main(["config", "set", "desktop.start_at_login=yes"]) == 0
    assert "agent" in entry.read_text().split("Exec=")[1].splitlines()[0]
    assert main(["config", "set", "desktop.start_at_login=no"]) == 0
    assert not entry.exists()
