"""What programs of ours find in their environment: this package, and nothing that lies where they were started."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from guardian import __version__
from guardian.adapters.child_environment import child_environment


@pytest.mark.parametrize("trap", ["guardian/__init__.py", "json.py"])
def test_nothing_of_the_folder_it_is_started_in_is_run(tmp_path: Path, trap: str) -> None:
    path = tmp_path / trap
    path.parent.mkdir(exist_ok=True)
    path.write_text("raise SystemExit('not ours')\n")
    environ = child_environment({key: value for key, value in os.environ.items() if key != "PYTHONSAFEPATH"})
    command = [sys.executable, "-m", "guardian", "--version"]
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert __version__ in done.stdout
