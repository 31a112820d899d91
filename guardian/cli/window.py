"""`guardian` alone: the window and the tray, or the live table where there is no display."""

import argparse
import os
import re
import socket
from importlib import import_module

from guardian.cli.failure import CommandFailed
from guardian.cli.output import warn
from guardian.protocol.i18n import _
from guardian.protocol.printable import printable

# Qt platforms that paint without X11 or Wayland.
_WITHOUT_DISPLAY = ("offscreen", "minimal", "vnc", "eglfs", "linuxfb")
_LOCAL_X11 = re.compile(r"(?:unix)?:(\d{1,6})(?:\.\d+)?")
_ANSWER_SECONDS = 2.0


def no_display() -> str | None:
    """Why no window could be opened from here; None where one could."""
    if os.environ.get("QT_QPA_PLATFORM", "").partition(":")[0] in _WITHOUT_DISPLAY:
        return None
    wayland, x11 = os.environ.get("WAYLAND_DISPLAY"), os.environ.get("DISPLAY")
    if not wayland and not x11:
        return _("No display here: neither DISPLAY nor WAYLAND_DISPLAY is set.")
    # Qt ends the program when nobody answers, so it is asked before.
    if (wayland and _wayland_answers(wayland)) or (x11 and _x11_answers(x11)):
        return None
    return _("The display {name} does not answer.").format(name=printable(wayland or x11 or ""))


def _wayland_answers(name: str) -> bool:
    return _listens(os.path.join(os.environ.get("XDG_RUNTIME_DIR", "/"), name))


def _x11_answers(name: str) -> bool:
    """Whether an X server listens; one of another machine is taken to."""
    local = _LOCAL_X11.fullmatch(name)
    if local is None:
        return True
    path = f"/tmp/.X11-unix/X{local[1]}"  # noqa: S108 - the X server's own place
    return _listens(f"\0{path}") or _listens(path)


def _listens(path: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(_ANSWER_SECONDS)
        try:
            client.connect(path)
        except (OSError, ValueError):
            return False
        return True


def run(args: argparse.Namespace) -> int:
    """Open the window (`args.hidden`: the tray alone); without a display show the live table and say why."""
    why = no_display()
    if why is not None:
        return _in_terminal(args, why)
    try:
        # By name, because the window stands beside the command line and not below it.
        app = import_module("guardian.ui.app")
    except ImportError as error:
        return _in_terminal(
            args, _("The window cannot be opened: {reason}. What is missing: guardian doctor.").format(reason=error)
        )
    code: int = app.main(args)
    return code


def _in_terminal(args: argparse.Namespace, why: str) -> int:
    if args.hidden:
        raise CommandFailed(_("{why} The tray needs a desktop; the live list works without: guardian watch").format(why=why))
    warn("guardian: " + _("{why} Showing the live list in the terminal.").format(why=why))
    watch = import_module("guardian.cli.watch")
    code: int = watch.run(argparse.Namespace(json=False, count=None, interval=1.0, root=args.root))
    return code
