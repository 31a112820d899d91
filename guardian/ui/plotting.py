"""pyqtgraph, loaded with the first window, with numbers and pens of ours, and the bare plot that all its charts stand on.

It takes half a second and some tens of MiB, so nothing that runs hidden in the tray comes here.
"""

import os

# One small matrix at a time: threads of the arithmetic library would only hold memory.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("PYQTGRAPH_QT_LIB", "PySide6")

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen

pg.setConfigOptions(antialias=True)

__all__ = ["BarePlot", "line_pen", "pg"]


def line_pen(colour: QColor, width: float = 1.0, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
    """A pen of `width` pixels, whatever the unit of the plot."""
    pen = QPen(colour, width, style)
    pen.setCosmetic(True)
    return pen


class BarePlot(pg.GraphicsView):  # type: ignore[misc]  # pyqtgraph has no types
    """A view with an axis on its left and one below; it takes no mouse and no focus, the chart around it does.

    pyqtgraph's own PlotWidget brings menus with dozens of controls for every plot.  Nobody sees them here, they cost more
    than the plot, and a collected menu asks for its screen while it is taken apart, which can end the program.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFrameShape(self.Shape.NoFrame)
        self.view = pg.ViewBox(enableMenu=False, enableMouse=False, defaultPadding=0.0)
        self.view.disableAutoRange()
        self.left, self.bottom = pg.AxisItem("left"), pg.AxisItem("bottom")
        for axis in (self.left, self.bottom):
            axis.linkToView(self.view)
            axis.setZValue(0.5)
        self.cells = pg.GraphicsLayout()
        self.cells.setSpacing(0)
        self.cells.addItem(self.left, 0, 0)
        self.cells.addItem(self.view, 0, 1)
        self.cells.addItem(self.bottom, 1, 1)
        self.setCentralItem(self.cells)
