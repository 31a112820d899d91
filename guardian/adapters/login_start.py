"""Starting the agent at login: the systemd user unit where a user manager runs and has it, else an XDG autostart file.

Source: Desktop Application Autostart Specification; systemd.unit(5) ("user unit search path").
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from guardian.protocol.i18n import _

UNIT = "oom-guardian-agent.service"
FILE_NAME = "io.github.oomguardian.Agent.desktop"
_UNIT_FOLDERS = ("/etc/systemd/user", "/usr/local/lib/systemd/user", "/usr/lib/systemd/user")
_TIMEOUT = 10.0

_ENTRY = """[Desktop Entry]
Type=Application
Name=OOM Guardian agent
Comment=Warns before memory runs out
Exec={command}
Icon=io.github.oomguardian.App
NoDisplay=true
X-GNOME-Autostart-enabled=true
"""

_NO_ENTRY = """[Desktop Entry]
Type=Application
Name=OOM Guardian agent
Hidden=true
"""


class CannotSetLogin(Exception):
    """Start at login could not be changed; the text says why."""


def autostart_path(environ: Mapping[str, str] = os.environ) -> Path:
    """Where the autostart file of this user lies."""
    base = environ.get("XDG_CONFIG_HOME", "")
    return (Path(base) if os.path.isabs(base) else Path("~/.config").expanduser()) / "autostart" / FILE_NAME


def set_login_start(*, on: bool, environ: Mapping[str, str] = os.environ) -> str:
    """Start the agent at each login, or no more; a sentence about what was done.  Raises CannotSetLogin."""
    if _has_unit(environ):
        answer = _systemctl("enable" if on else "disable", environ)
        if answer is None:
            _unset(autostart_path(environ), environ)
            return _("systemd starts the agent at login.") if on else _("The agent is not started at login.")
    path = autostart_path(environ)
    if not on:
        _unset(path, environ)
        return _("The agent is not started at login.")
    _write(path, _ENTRY.format(command=_command()))
    return _("The desktop starts the agent at login, by {path}.").format(path=path)


def _command() -> str:
    """What starts this very agent: the installed program, else this checkout by its own Python."""
    installed = shutil.which("guardian")
    if installed:
        return f"{installed} agent"
    package = Path(__file__).resolve().parents[2]
    return f'env PYTHONSAFEPATH=1 "PYTHONPATH={package}" "{sys.executable}" -m guardian agent'


def _has_unit(environ: Mapping[str, str]) -> bool:
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    return bool(runtime) and Path(runtime, "systemd/private").exists() and any(Path(one, UNIT).exists() for one in _UNIT_FOLDERS)


def _systemctl(verb: str, environ: Mapping[str, str]) -> str | None:
    """Ask the user manager; None when it was done, else why not."""
    try:
        done = subprocess.run(
            ["systemctl", "--user", verb, UNIT], capture_output=True, text=True, timeout=_TIMEOUT, check=False, env=dict(environ)
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return None if done.returncode == 0 else done.stderr.strip() or _("systemctl refused")


def _unset(path: Path, environ: Mapping[str, str]) -> None:
    """No file of the user's; where the machine's own starts the agent for everybody, one that says no."""
    folders = environ.get("XDG_CONFIG_DIRS") or "/etc/xdg"
    if any(_starts(Path(folder, "autostart", FILE_NAME)) for folder in folders.split(":")):
        _write(path, _NO_ENTRY)
    else:
        _remove(path)


def _starts(path: Path) -> bool:
    try:
        return "Hidden=true" not in path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return False


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    except OSError as error:
        raise CannotSetLogin(
            _("Not set: {path} cannot be written: {reason}").format(path=path, reason=error.strerror or error)
        ) from error


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise CannotSetLogin(
            _("Not set: {path} cannot be removed: {reason}").format(path=path, reason=error.strerror or error)
        ) from error
