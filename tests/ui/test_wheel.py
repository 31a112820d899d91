"""A wheel over a field scrolls the page; it changes the value only of the field that was chosen before."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from guardian.ui.inputs import Chooser, NumberField
from guardian.ui.marked_slider import MarkedSlider
from guardian.ui.scheme import Scheme


def number(scheme: Scheme) -> NumberField:
    made = NumberField(scheme, 0, 100)
    made.setValue(50)
    return made


def slider(scheme: Scheme) -> MarkedSlider:
    made = MarkedSlider(scheme, "Ratio", (0, 100))
    made.setRange(0, 100)
    made.setValue(50)
    return made


def chooser(scheme: Scheme) -> Chooser:
    return Chooser(scheme, "Kind", [("a", 1), ("b", 2)])


def value_of(widget: QWidget) -> object:
    return widget.currentIndex() if isinstance(widget, Chooser) else widget.value()  # type: ignore[attr-defined]


def turn(widget: QWidget) -> None:
    no, modifiers = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    middle = QPointF(widget.rect().center())
    event = QWheelEvent(middle, middle, QPoint(0, 0), QPoint(0, -120), no, modifiers, Qt.ScrollPhase.NoScrollPhase, False)
    QApplication.sendEvent(widget, event)


@pytest.mark.parametrize("make", [number, slider, chooser])
def test_the_wheel(qtbot: QtBot, light: Scheme, make: Callable[[Scheme], QWidget]) -> None:
    widget = make(light)
    qtbot.addWidget(widget)
    before = value_of(widget)
    turn(widget)
    assert value_of(widget) == before
    widget.hasFocus = lambda: True  # type: ignore[method-assign] # the platform without a screen gives no focus
    turn(widget)
    assert value_of(widget) != before
