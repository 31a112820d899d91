"""Times of day, counts and tooltips as the window writes them; sizes and spans are in `guardian.protocol.quantities`."""

from PySide6.QtCore import QDateTime, QLocale
from PySide6.QtGui import Qt

from guardian.protocol.i18n import _
from guardian.protocol.quantities import with_minus


def format_clock(time: float) -> str:
    """Seconds since the epoch as the time of day with seconds: "14:31:07"."""
    return QDateTime.fromMSecsSinceEpoch(int(time * 1000)).toString("HH:mm:ss")


def format_moment(time: float) -> str:
    """Seconds since the epoch as day and minute: "26 Nov 14:31"."""
    return QLocale().toString(QDateTime.fromMSecsSinceEpoch(int(time * 1000)), _("d MMM HH:mm"))


def format_count(count: int) -> str:
    """A count with the locale's thousands mark."""
    return with_minus(QLocale().toString(count))


def plain_tip(text: str) -> str:
    """A text for a tooltip that shows it as it is: Qt would take a name such as "<b>" for markup."""
    return Qt.convertFromPlainText(text) if Qt.mightBeRichText(text) else text
