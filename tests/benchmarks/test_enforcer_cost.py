"""What the enforcer costs while a hundred programs a second are started, and how soon after its birth a program is held."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

CODE = """
import sys; sys.path.insert(0, {checkout!r})
from guardian.helper.enforcer import enforce
enforce({root!r})
"""


def _adj(pid: int) -> int:
    return int(Path(f"/proc/{pid}/oom_score_adj").read_text())


@pytest.mark.bench
def test_births_are_held_soon_at_little_cost(tmp_path: Path, checkout: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root, for the kernel's process events")
    rules = tmp_path / "etc/oom-guardian/rules.d"
    rules.mkdir(parents=True)
    (rules / "exe-sleep.toml").write_text('exe = "/usr/bin/sleep"\nadj = 250\n')
    (tmp_path / "proc").symlink_to("/proc")
    code = CODE.format(checkout=str(checkout), root=f"{tmp_path}/")
    enforcer = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
    try:
        time.sleep(2)
        begun, spent = time.monotonic(), _cpu(enforcer.pid)
        forked = 0
        while time.monotonic() - begun < 20:
            subprocess.run(["/bin/true"], check=True)
            forked += 1
            time.sleep(max(0.0, begun + forked / 100 - time.monotonic()))
        took = time.monotonic() - begun
        share = (_cpu(enforcer.pid) - spent) / took
        waits = [_wait_held() for _ in range(20)]
    finally:
        enforcer.kill()
        enforcer.wait()
    told = f"{forked / took:.0f} starts a second: {100 * share:.2f} % of one CPU"
    sys.stderr.write(f"\n{told}; held after {1000 * min(waits):.0f} … {1000 * max(waits):.0f} ms\n")
    assert share <= 0.003
    assert max(waits) <= 0.1


def _wait_held() -> float:
    child = subprocess.Popen(["/usr/bin/sleep", "30"])
    begun = time.monotonic()
    while _adj(child.pid) != 250 and time.monotonic() - begun < 5:
        time.sleep(0.001)
    waited = time.monotonic() - begun
    child.kill()
    child.wait()
    return waited


def _cpu(pid: int) -> float:
    """CPU seconds of a living process, to the nanosecond."""
    return time.clock_gettime((~pid << 3) | 2)
