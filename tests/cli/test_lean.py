"""The agent's interpreter is started anew, once, and what it starts later is not meant."""

import json
import os
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import json, os, sys
from guardian.cli.lean import start_lean
before = os.getpid()
start_lean()
names = ("PYTHONNODEBUGRANGES", "MALLOC_ARENA_MAX", "OOM_GUARDIAN_LEAN")
def code(): return 1 + 1
print(json.dumps({"pid": before, "left": [one for one in names if one in os.environ], "arguments": sys.argv[1:],
                  "columns": any(at[2] is not None for at in code.__code__.co_positions())}))
"""


def test_it_is_the_same_process_with_the_same_arguments(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    here = {key: value for key, value in os.environ.items() if key not in {"PYTHONNODEBUGRANGES", "MALLOC_ARENA_MAX"}}
    here |= {"PYTHONPATH": str(checkout)}
    command = [sys.executable, "-P", str(tmp_path / "script.py"), "one", "two words"]
    with subprocess.Popen(command, env=here, stdout=subprocess.PIPE, text=True) as process:
        said, _nothing = process.communicate(timeout=60)
    found = json.loads(said)
    assert found == {"pid": process.pid, "left": [], "arguments": ["one", "two words"], "columns": False}


def test_an_installed_program_keeps_its_own_name(checkout: Path, tmp_path: Path) -> None:
    script = tmp_path / "guardian"
    script.write_text(f"#!{sys.executable} -sP\n{SCRIPT}print(open('/proc/self/comm').read())")
    script.chmod(0o755)
    here = {key: value for key, value in os.environ.items() if key not in {"PYTHONNODEBUGRANGES", "MALLOC_ARENA_MAX"}}
    said = subprocess.check_output([script, "one"], env=here | {"PYTHONPATH": str(checkout)}, text=True, timeout=60)
    found, name = said.strip().split("\n")
    assert json.loads(found)["columns"] is False
    assert json.loads(found)["arguments"] == ["one"]
    assert name == "guardian"
