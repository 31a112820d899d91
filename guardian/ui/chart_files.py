"""Charts as files: a picture (PNG, SVG) or the table behind it (CSV)."""

import csv
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QByteArray, QRectF, QSize
from PySide6.QtGui import QImage, QImageWriter, QPainter
from PySide6.QtWidgets import QFileDialog, QMessageBox

from guardian.protocol.i18n import _

if TYPE_CHECKING:
    from guardian.ui.chart import Chart

_PICTURE_SCALE = 2.0


def _buffer() -> QBuffer:
    """Qt paints into memory and Python writes the file, whose errors say why."""
    buffer = QBuffer()
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    return buffer


def write_picture(chart: "Chart", path: Path) -> None:
    """Write the chart as PNG at twice its size.  Raises OSError."""
    size = chart.size()
    image = QImage(size * _PICTURE_SCALE, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(_PICTURE_SCALE)
    image.fill(chart.scheme.tokens.surface)
    painter = QPainter(image)
    chart.draw(painter, QRectF(0, 0, size.width(), size.height()))
    painter.end()
    buffer = _buffer()
    QImageWriter(buffer, QByteArray(b"png")).write(image)
    path.write_bytes(buffer.data().data())


def write_drawing(chart: "Chart", path: Path) -> None:
    """Write the chart as SVG.  Raises OSError."""
    # Not needed before somebody saves a drawing.
    from PySide6.QtSvg import QSvgGenerator

    size: QSize = chart.size()
    generator = QSvgGenerator()
    buffer = _buffer()
    generator.setOutputDevice(buffer)
    generator.setSize(size)
    generator.setViewBox(QRectF(0, 0, size.width(), size.height()))
    generator.setTitle(chart.heading)
    generator.setDescription(chart.describe())
    painter = QPainter(generator)
    painter.fillRect(chart.rect(), chart.scheme.tokens.surface)
    chart.draw(painter, QRectF(0, 0, size.width(), size.height()))
    painter.end()
    path.write_bytes(buffer.data().data())


def write_table(chart: "Chart", path: Path) -> None:
    """Write the table behind the chart as CSV.  Raises OSError."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(chart.columns())
        writer.writerows(chart.rows())


WRITERS = {"PNG": write_picture, "SVG": write_drawing, "CSV": write_table}


def save_chart(chart: "Chart", kind: str) -> None:
    """Ask where to, and write; a failure is said with its reason."""
    suffix = kind.lower()
    name = "-".join(chart.heading.lower().split())
    chosen = QFileDialog.getSaveFileName(
        chart, _("Save as {kind}…").format(kind=kind), f"{name}.{suffix}", f"{kind} (*.{suffix})"
    )
    if not chosen[0]:
        return
    try:
        WRITERS[kind](chart, Path(chosen[0]))
    except OSError as error:
        words = _("Not saved: {reason}. Choose another folder.").format(reason=error.strerror or error)
        QMessageBox(QMessageBox.Icon.Warning, chart.heading, words, QMessageBox.StandardButton.Ok, chart).open()
