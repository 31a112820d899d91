"""How exposed the system units are, in systemd's own count: 0 is sealed, 10 is open."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

LIMITS = {
    "oom-guardian-helper.service": 2.0,
    "oom-guardian-enforcer.service": 2.6,
    "oom-guardian-system-agent.service": 2.0,
}


@pytest.mark.parametrize("unit, limit", LIMITS.items())
def test_exposure(checkout: Path, unit: str, limit: float) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is missing (Debian: systemd)")
    argv = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(checkout / "resources" / "systemd" / unit)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    if "offline" in done.stderr:
        pytest.skip("this systemd-analyze looks at loaded units alone (older than 250)")
    found = re.search(r"exposure level for \S+: ([0-9.]+)", done.stdout)
    assert found is not None, done.stdout + done.stderr
    assert float(found[1]) <= limit


@pytest.mark.parametrize("unit", LIMITS)
def test_each_capability_has_its_reason_beside_it(checkout: Path, unit: str) -> None:
    lines = (checkout / "resources" / "systemd" / unit).read_text().splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("CapabilityBoundingSet="))
    reasons = []
    for line in reversed(lines[:at]):
        if not line.startswith("#"):
            break
        reasons.append(line)
    capabilities = lines[at].partition("=")[2].split()
    assert capabilities
    assert [name for name in capabilities if name not in " ".join(reasons)] == []
