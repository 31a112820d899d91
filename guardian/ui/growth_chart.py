"""One grower as a chart: what is known of it, and its picture, which is loaded after the first paint."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QPointF, QRectF, QSize, QTimer, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from guardian.model.grower_search import SteadyGrower
from guardian.policy.growth_words import growth_sentence, who_words
from guardian.protocol.i18n import _
from guardian.protocol.quantities import MIB, format_bytes, format_mib
from guardian.ui.chart import Chart
from guardian.ui.scheme import Scheme
from guardian.ui.text import format_moment

if TYPE_CHECKING:
    from guardian.ui.growth_plot import GrowthPlot


class GrowthPicture(NamedTuple):
    """All that the plot shows: (seconds since the epoch, bytes), from when on it grows, and bytes per second with the ends."""

    course: Sequence[tuple[float, int]]
    since: float
    rate: float
    lowest: float
    highest: float

    @property
    def base(self) -> int:
        """The lowest bytes of the course, which are 0 on the axis."""
        return min(size for _at, size in self.course)


class GrowthChart(Chart):
    """The course of one grower in MiB above its lowest, with the line of its growth and the band of the interval."""

    def __init__(self, scheme: Scheme, heading: str = "", parent: QWidget | None = None) -> None:
        self._plot: GrowthPlot | None = None
        super().__init__(scheme, heading, parent)
        self.grower: SteadyGrower | None = None
        self.setMinimumSize(200, 110)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2, 2, 2, 2)

    def sizeHint(self) -> QSize:
        return QSize(320, 132)

    def plot(self) -> "GrowthPlot":
        """The picture; loading it takes half a second the first time."""
        if self._plot is None:
            from guardian.ui.growth_plot import GrowthPlot

            self._plot = GrowthPlot()
            layout = self.layout()
            assert layout is not None
            layout.addWidget(self._plot)
            layout.activate()
            self.follow_scheme()
        return self._plot

    @Slot()
    def _load(self) -> None:
        self.plot()

    def show_grower(self, grower: SteadyGrower) -> None:
        """Show a grower."""
        self.grower = grower
        self.heading = who_words(grower)
        self.setAccessibleName(self.heading)
        if self.cursor_index is not None and self.cursor_index >= len(grower.course):
            self.show_cursor(None)
        self._show()

    def describe(self) -> str:
        return growth_sentence(self.grower, None) if self.grower is not None else ""

    def columns(self) -> tuple[str, ...]:
        return (_("Time"), _("Holds, MiB"))

    def rows(self) -> list[tuple[str, ...]]:
        course = self.grower.course if self.grower is not None else ()
        return [(format_moment(at), format_mib(size)) for at, size in reversed(course)]

    # Cursor

    def cursor_count(self) -> int:
        return len(self.grower.course) if self.grower is not None else 0

    def cursor_at(self, index: int) -> QPointF:
        view = self._view()
        assert view is not None
        at, size = view.course[index]
        return self.plot().place_of(at - view.course[-1][0], (size - view.base) / MIB)

    def cursor_index_at(self, x: float) -> int | None:
        view = self._view()
        if view is None:
            return None
        moment = self.plot().moment_at(x) + view.course[-1][0]
        if not view.course[0][0] - 60 <= moment <= view.course[-1][0] + 60:
            return None
        return min(range(len(view.course)), key=lambda at: abs(view.course[at][0] - moment))

    def cursor_text(self, index: int) -> str:
        assert self.grower is not None
        at, size = self.grower.course[index]
        return f"{format_moment(at)}\n{format_bytes(size)}"

    def show_cursor(self, index: int | None) -> None:
        view = self._view()
        at = None if index is None or view is None else view.course[index][0] - view.course[-1][0]
        self.plot().show_cursor(at)
        super().show_cursor(index)

    # Showing

    @Slot()
    def follow_scheme(self) -> None:
        self.update()
        if self._plot is not None:
            self._plot.follow_scheme(self.scheme.tokens)
            self._show()

    def _view(self) -> GrowthPicture | None:
        if self.grower is None or not self.grower.course:
            return None
        growth = self.grower.growth
        return GrowthPicture(self.grower.course, self.grower.since, growth.rate, growth.lowest, growth.highest)

    def _show(self) -> None:
        view = self._view()
        if self._plot is not None and view is not None:
            self._plot.show_growth(view)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._plot is None:
            QTimer.singleShot(0, self, self._load)
        if self.hasFocus():
            painter = QPainter(self)
            self.paint_focus(painter)
            painter.end()

    def draw(self, painter: QPainter, rect: QRectF) -> None:
        painter.translate(rect.topLeft())
        self.plot().render(painter, rect, self.rect())
