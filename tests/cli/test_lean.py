"""The agent's interpreter is started anew, once, and what it starts later is not meant."""

import json
import os
import subprocess
import sys
from pathlib import Path

SETTINGS = {"PYTHONNODEBUGRANGES", "MALLOC_ARENA_MAX", "GLIBC_TUNABLES"}
SCRIPT = """
import json, os, sys
from guardian.cli.lean import start_lean
before = os.getpid()
start_lean()
names = ("PYTHONNODEBUGRANGES", "MALLOC_ARENA_MAX", "GLIBC_TUNABLES", "OOM_GUARDIAN_LEAN")
def code(): return 1 + 1
print(json.dumps({"pid": before, "left": [one for one in names if one in os.environ], "arguments": sys.argv[1:],
                  "columns": any(at[2] is not None for at in code.__code__.co_positions())}))
"""


def environment(checkout: Path, **more: str) -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if key not in SETTINGS} | {"PYTHONPATH": str(checkout)} | more


def test_it_is_the_same_process_with_the_same_arguments(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    here = environment(checkout)
    command = [sys.executable, "-P", str(tmp_path / "script.py"), "one", "two words"]
    with subprocess.Popen(command, env=here, stdout=subprocess.PIPE, text=True) as process:
        said, _nothing = process.communicate(timeout=60)
    found = json.loads(said)
    assert found == {"pid": process.pid, "left": [], "arguments": ["one", "two words"], "columns": False}


def test_an_installed_program_keeps_its_own_name(checkout: Path, tmp_path: Path) -> None:
    script = tmp_path / "guardian"
    script.write_text(f"#!{sys.executable} -sP\n{SCRIPT}print(open('/proc/self/comm').read())")
    script.chmod(0o755)
    said = subprocess.check_output([script, "one"], env=environment(checkout), text=True, timeout=60)
    found, name = said.strip().split("\n")
    assert json.loads(found)["columns"] is False
    assert json.loads(found)["arguments"] == ["one"]
    assert name == "guardian"


def test_what_the_user_has_set_stays(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    own = environment(checkout, GLIBC_TUNABLES="glibc.malloc.arena_max=2")
    found = json.loads(subprocess.check_output([sys.executable, "-P", tmp_path / "script.py"], env=own, text=True, timeout=60))
    assert found["left"] == ["GLIBC_TUNABLES"]
    assert found["columns"] is False


def test_it_starts_anew_once_even_where_the_pid_changes(checkout: Path, tmp_path: Path) -> None:
    """A script that runs the interpreter as its child must not go on for ever."""
    (tmp_path / "script.py").write_text(SCRIPT)
    own = environment(checkout, OOM_GUARDIAN_LEAN="1")
    found = json.loads(subprocess.check_output([sys.executable, "-P", tmp_path / "script.py"], env=own, text=True, timeout=60))
    assert found["columns"] is True
