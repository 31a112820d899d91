"""The window's last line: kernel and score check at the left; agent, helper and the age of the data at the right."""

from PySide6.QtCore import QSize, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from guardian.protocol.i18n import _
from guardian.protocol.quantities import format_duration
from guardian.sampling.snapshot import Snapshot
from guardian.ui.page import PageStatus
from guardian.ui.scheme import Scheme
from guardian.ui.tokens import GAP_WIDE, PAGE_MARGIN, STATUS_HEIGHT
from guardian.ui.type_scale import TextRole
from guardian.ui.words import ElidedWords, Words


def kernel_words(snapshot: Snapshot) -> str:
    """The kernel's release and how many of its scores came out equal when recomputed."""
    words = _("Kernel {release}").format(release=snapshot.release)
    check = snapshot.verification
    if check is None or not check.checked:
        return words
    agree = _("scores agree with the kernel: {exact} of {checked}").format(exact=check.exact, checked=check.checked)
    return f"{words} · {agree}"


def age_words(seconds: float | None) -> str:
    """How old the data are; empty before there are any."""
    if seconds is None:
        return ""
    if seconds < 1.5:
        return _("Updated 1 s ago")
    if seconds < 10:
        return _("Updated {count} s ago").format(count=round(seconds))
    if seconds < 60:
        return _("{count} s old").format(count=round(seconds))
    return _("{span} old").format(span=format_duration(seconds))


class StatusBar(QWidget):
    """One line of words; what a page says for a moment ("Order held") goes before the rest."""

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scheme = scheme
        self._kernel, self._said, self._agent, self._helper = "", "", "", ""
        self._page: PageStatus | None = None
        self.setAccessibleName(_("Status"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(PAGE_MARGIN, 1, PAGE_MARGIN, 0)
        layout.setSpacing(GAP_WIDE)
        self._left = ElidedWords(scheme, "", TextRole.NOTE, "text2")
        self._right = ElidedWords(scheme, "", TextRole.NOTE, "text2")
        self._age = Words(scheme, "", TextRole.NOTE, "text2")
        layout.addWidget(self._left, 1)
        layout.addWidget(self._right)
        layout.addWidget(self._age)
        scheme.changed.connect(self._repaint)

    @Slot()
    def _repaint(self) -> None:
        self.update()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Name the kernel and how well the model agrees with it."""
        if snapshot.verification is not None or not self._kernel:
            self._kernel = kernel_words(snapshot)
            self._show_left()

    def show_age(self, seconds: float | None) -> None:
        """Say how old the shown data are, in seconds."""
        self._age.show_text(age_words(seconds))

    def show_agent(self, words: str) -> None:
        """Say how it stands with the agent."""
        self._agent = words
        self._show_right()

    def show_helper(self, words: str) -> None:
        """Say how it stands with the helper."""
        self._helper = words
        self._show_right()

    def show_page(self, status: PageStatus | None) -> None:
        """Say where a page's data are from in place of this machine's; None: they are this machine's."""
        if status != self._page:
            self._page = status
            self._show_left()
            self._show_right()

    @Slot(str)
    def say(self, words: str) -> None:
        """Show a page's short sentence before the rest; "" takes it back."""
        self._said = words
        self._show_left()

    def _show_left(self) -> None:
        source = self._page.source if self._page is not None else self._kernel
        self._left.show_text(" · ".join(filter(None, (self._said, source))))

    def _show_right(self) -> None:
        parts = (self._page.extent,) if self._page is not None else (self._agent, self._helper)
        self._right.show_text(" · ".join(filter(None, parts)))

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), max(STATUS_HEIGHT, self._left.fontMetrics().height() + 4))

    def minimumSizeHint(self) -> QSize:
        return QSize(super().minimumSizeHint().width(), self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(0, 0, self.width(), 1, self._scheme.tokens.border)
        painter.end()
