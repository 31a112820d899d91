"""How the root helper is installed, in a dialog."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from guardian.protocol.i18n import _
from guardian.ui.ask_dialog import AskDialog
from guardian.ui.button import Look
from guardian.ui.scheme import Scheme


def show_how(scheme: Scheme, parent: QWidget) -> None:
    """Say how the helper is installed."""
    dialog = AskDialog(scheme, _("How to install the helper"), _("Close"), Look.MAIN, parent)
    dialog.cancel.hide()
    dialog.say(_("In the folder of OOM Guardian, in a terminal:"))
    command = dialog.say("sudo installers/install-helper.sh")
    command.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    dialog.say(
        _("It asks for a password for each act that needs one, and leaves when idle. Remove it with --uninstall."), "text2"
    )
    dialog.open()
