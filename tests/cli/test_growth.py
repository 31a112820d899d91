"""`guardian growth` on this machine."""

import json
import subprocess
import sys

import pytest

from guardian.cli.main import main

GROWER = "import time\nheld = []\nwhile len(held) < 300: held.append(b'1' * (1 << 20)); time.sleep(0.05)"


@pytest.mark.slow
def test_a_real_grower_is_found_with_its_rate(capsys: pytest.CaptureFixture[str]) -> None:
    with subprocess.Popen([sys.executable, "-c", GROWER]) as grower:
        try:
            assert main(["growth", "--seconds", "6", "--json"]) == 0
        finally:
            grower.kill()
    found = {row["pid"]: row for row in json.loads(capsys.readouterr().out)["growing"]}
    assert grower.pid in found
    # 20 MiB/s where nothing holds it up.
    assert 1 << 20 < found[grower.pid]["growth"] < 25 << 20
    assert found[grower.pid]["confidence"] > 0.95
