"""`guardian` alone: the window and the tray, or the live table where there is no display."""

import argparse
import os
from importlib import import_module

from guardian.cli.failure import CommandFailed
from guardian.cli.output import warn
from guardian.protocol.i18n import _

# Qt platforms that paint without X11 or Wayland.
_WITHOUT_DISPLAY = ("offscreen", "minimal", "vnc", "eglfs", "linuxfb")


def has_display() -> bool:
    """Whether a window could be opened from here."""
    platform = os.environ.get("QT_QPA_PLATFORM", "").partition(":")[0]
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or platform in _WITHOUT_DISPLAY)


def run(args: argparse.Namespace) -> int:
    """Open the window (`args.hidden`: the tray alone); without a display show the live table and say why."""
    if not has_display():
        return _in_terminal(args, _("No display here: neither DISPLAY nor WAYLAND_DISPLAY is set."))
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
