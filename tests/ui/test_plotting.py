"""The bare plot under the charts."""

import gc

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QMenu, QWidgetAction
from pytestqt.qtbot import QtBot

from guardian.ui.plotting import BarePlot


def test_a_plot_makes_no_menus_and_is_gone_with_its_owner(qtbot: QtBot, qapp: QApplication) -> None:
    before = {id(one) for one in qapp.allWidgets() if isinstance(one, QMenu)}
    plot = BarePlot()
    made = [one for one in qapp.allWidgets() if isinstance(one, QMenu) and id(one) not in before]
    assert made == []
    assert plot.findChildren(QWidgetAction) == []
    gone: list[bool] = []
    plot.destroyed.connect(lambda *_args: gone.append(True))
    plot.deleteLater()
    del plot
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    gc.collect()
    assert gone
