"""The files by which a desktop starts the agent."""

import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path

import pytest

from guardian.protocol.agent import AGENT_NAME


def read(path: Path) -> ConfigParser:
    parser = ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(path, encoding="utf-8")
    return parser


def test_the_bus_and_systemd_start_the_same_agent(checkout: Path) -> None:
    service = read(checkout / f"resources/dbus/{AGENT_NAME}.service")["D-BUS Service"]
    unit = read(checkout / f"resources/systemd/user/{service['SystemdService']}")["Service"]
    assert service["Name"] == unit["BusName"] == AGENT_NAME
    assert service["Exec"] == unit["ExecStart"] == "/usr/bin/guardian agent"
    assert unit["Type"] == "dbus"


def test_systemd_understands_the_unit(checkout: Path, tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is missing (Debian: systemd)")
    text = (checkout / "resources/systemd/user/oom-guardian-agent.service").read_text(encoding="utf-8")
    unit = tmp_path / "oom-guardian-agent.service"
    unit.write_text(text.replace("/usr/bin/guardian", "/bin/true"), encoding="utf-8")
    command = ["systemd-analyze", "--user", "--recursive-errors=no", "verify", str(unit)]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (said.returncode, said.stderr) == (0, "")
