"""Half an hour of everything, only where OOM_GUARDIAN_SOAK names the minutes; a shorter one for a look."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

MINUTES = os.environ.get("OOM_GUARDIAN_SOAK")


@pytest.mark.slow
def test_nothing_grows_and_no_look_is_missed(tmp_path: Path) -> None:
    if not MINUTES:
        pytest.skip("OOM_GUARDIAN_SOAK names no number of minutes")
    program = Path(__file__).with_name("soak.py")
    done = subprocess.run([sys.executable, program, MINUTES, tmp_path / "soak"], capture_output=True, text=True, check=False)
    sys.stdout.write(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
