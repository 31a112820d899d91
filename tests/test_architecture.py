"""The shape of the project, proved: layers, sizes, where Qt may be, and what must never be written into the tree."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

# Together with what they bring along each costs the agent from 0.1 to some MiB.
COSTLY = {
    "argparse", "ast", "asyncio", "configparser", "ctypes", "dataclasses", "decimal", "email", "gettext",
    "hashlib", "http", "inspect", "ipaddress", "locale", "logging", "pathlib", "pickle", "queue", "random",
    "shutil", "ssl", "statistics", "subprocess", "tempfile", "textwrap", "tomllib", "traceback", "urllib", "uuid",
    "xml", "zipfile",
    "guardian.fields", "guardian.adapters.alert_post", "guardian.adapters.metrics_export", "guardian.cli.agent_export",
}  # fmt: skip
MOST_AGENT_MODULES = 127
MOST_LINES = 400
# Paths of one machine and hosts of package indexes: neither means anything to anybody else.
FOREIGN = re.compile(
    r"(?<![\w.])/(?:work|root|opt/pypi|opt/wheels)/|pypi\.org|pythonhosted\.org|npmjs\.org|deb\.debian\.org|--(?:extra-)?index-url|--find[-]links"
)
LAYERS_WITHOUT_QT = ("adapters", "cli", "helper", "kernel", "model", "policy", "protocol", "sampling")


def tracked(checkout: Path) -> list[Path]:
    """The files that git keeps."""
    if not shutil.which("git") or not (checkout / ".git").exists():
        pytest.skip("not a git checkout, or git is not installed")
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    listed = subprocess.run(command, cwd=checkout, check=True, capture_output=True, text=True).stdout
    return [path for name in sorted(set(listed.split("\0")) - {""}) if (path := checkout / name).is_file()]


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter on the package below `folder`, by the contracts of its pyproject.toml."""
    code = "import sys; sys.path.insert(0, sys.argv.pop(1)); from importlinter.cli import lint_imports_command as main; main()"
    command = [sys.executable, "-P", "-c", code, str(folder), "--no-cache"]
    return subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)


def test_contracts_hold(checkout: Path) -> None:
    linted = lint_imports(checkout)
    assert linted.returncode == 0, linted.stdout + linted.stderr


@pytest.mark.parametrize(
    "name, text",
    [
        ("guardian/model/breach.py", "import guardian.ui\n"),
        ("guardian/kernel/breach.py", "def late() -> None:\n    import guardian.sampling\n"),
        ("guardian/helper/breach.py", "import guardian.model\n"),
        ("guardian/cli/breach.py", "import guardian.ui\n"),
        ("guardian/adapters/breach.py", "import PySide6\n"),
        ("guardian/elsewhere/__init__.py", ""),
    ],
    ids=[
        "upwards",
        "late import",
        "helper beyond kernel and protocol",
        "side by side",
        "Qt outside ui",
        "folder without a layer",
    ],
)
def test_contracts_refuse_a_breach(checkout: Path, tmp_path: Path, name: str, text: str) -> None:
    shutil.copytree(checkout / "guardian", tmp_path / "guardian", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(checkout / "pyproject.toml", tmp_path)
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(text)
    linted = lint_imports(tmp_path)
    assert linted.returncode == 1, linted.stdout + linted.stderr
    assert ("breach" if text else "elsewhere") in linted.stdout


def test_files_stay_short(checkout: Path) -> None:
    counted = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in checkout.glob("guardian/**/*.py")}
    assert counted
    assert {str(path): lines for path, lines in counted.items() if lines > MOST_LINES} == {}


def modules(checkout: Path, layers: tuple[str, ...]) -> list[str]:
    paths = [path.relative_to(checkout) for layer in layers for path in sorted((checkout / "guardian" / layer).glob("**/*.py"))]
    return [".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in paths]


def loaded_by(checkout: Path, names: list[str]) -> set[str]:
    """Top-level packages that a fresh interpreter loads to import these modules."""
    code = (
        "import importlib, sys; sys.path.insert(0, sys.argv[1]); before = set(sys.modules);"
        " [importlib.import_module(name) for name in sys.argv[2:]]; print(*set(sys.modules) - before)"
    )
    command = [sys.executable, "-I", "-c", code, str(checkout), *names]
    run = subprocess.run(command, check=False, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return {name.partition(".")[0] for name in run.stdout.split()}


def test_no_qt_is_loaded_outside_ui(checkout: Path) -> None:
    loaded = loaded_by(checkout, [*modules(checkout, LAYERS_WITHOUT_QT), "guardian.engine", "guardian.fields"])
    assert "guardian" in loaded
    assert loaded & {"PySide6", "shiboken6", "pyqtgraph", "numpy"} == set()


def test_agent_loads_nothing_heavy(checkout: Path) -> None:
    """It is always on, locked in memory, and small."""
    loaded = loaded_by(checkout, ["guardian.cli.agent"])
    assert (
        loaded & {"PySide6", "asyncio", "keyring", "numpy", "prometheus_client", "psutil", "pyqtgraph", "rich", "sqlite3"}
        == set()
    )


def test_agent_stays_with_few_modules(checkout: Path) -> None:
    """Each one costs memory for weeks: what is needed once, or by few, is imported there."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from guardian.cli import agent, main;"
        " from guardian.protocol.i18n import use_language; use_language('en_GB.UTF-8'); agent.load_store();"
        " print(*sys.modules)"
    )
    run = subprocess.run([sys.executable, "-I", "-c", code, str(checkout)], check=False, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    loaded = set(run.stdout.split())
    assert {"guardian.adapters.history_store", "jeepney"} <= loaded
    assert loaded & COSTLY == set()
    own = [name for name in loaded if name.partition(".")[0] == "guardian"]
    assert len(own) <= MOST_AGENT_MODULES, sorted(own)


def test_root_helper_needs_the_standard_library_and_jeepney_alone(checkout: Path) -> None:
    """It is installed with nothing else, and run isolated by the system's Python."""
    loaded = loaded_by(checkout, modules(checkout, ("helper", "kernel", "protocol")))
    assert loaded - sys.stdlib_module_names <= {"guardian", "jeepney"}


def test_tree_names_no_machine_and_no_index(checkout: Path) -> None:
    found = []
    for path in tracked(checkout):
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.name}:{text.count(chr(10), 0, hit.start()) + 1} {hit[0]}" for hit in FOREIGN.finditer(text)]
    assert found == []


def test_architecture_names_what_is_there(checkout: Path) -> None:
    """Each `guardian/….py name` in ARCHITECTURE.md is a file, and the name is defined in it."""
    said = re.findall(r"`(guardian/[\w/]+\.py)(?: ([\w.]+))?`", (checkout / "ARCHITECTURE.md").read_text(encoding="utf-8"))
    assert said
    wrong = []
    for path, name in said:
        text = (checkout / path).read_text(encoding="utf-8") if (checkout / path).is_file() else ""
        parts = name.split(".") if name else []
        if not text or not all(
            re.search(rf"^ *(?:class|def|async def) {part}\b|^{part}\b.*=", text, re.MULTILINE) for part in parts
        ):
            wrong.append(f"{path} {name}")
    assert wrong == []
