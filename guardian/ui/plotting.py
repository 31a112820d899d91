"""pyqtgraph, loaded with the first window, with numbers and pens of ours.

It takes half a second and some tens of MiB, so nothing that runs hidden in the tray comes here.
"""

import os

# One small matrix at a time: threads of the arithmetic library would only hold memory.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("PYQTGRAPH_QT_LIB", "PySide6")

import pyqtgraph as pg

pg.setConfigOptions(antialias=True)

__all__ = ["pg"]
