"""Where memory is: the bar with its legend, and in its head pressure and swap."""

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from guardian.protocol.i18n import _
from guardian.protocol.quantities import GIB, format_bytes, format_gib, format_percent
from guardian.sampling.history import History
from guardian.sampling.snapshot import Snapshot
from guardian.ui.chart_card import ChartCard
from guardian.ui.composition_bar import CompositionBar
from guardian.ui.recent import recent, thinned
from guardian.ui.scheme import Scheme
from guardian.ui.sparkline import Sparkline, SwapMeter
from guardian.ui.tokens import GAP
from guardian.ui.type_scale import TextRole, text_scale
from guardian.ui.words import Words

_SPAN = 600.0
# The pressure at which systemd-oomd and this project's own watch begin to look closer; drawn as the dotted line.
PRESSURE_LIMIT = 0.5
_LEAST_TOP = 0.6
_CURVE_FROM = 660


class CompositionCard(ChartCard):
    """The composition of now with pressure and swap beside its heading."""

    def __init__(self, scheme: Scheme, history: History, parent: QWidget | None = None) -> None:
        self.bar = CompositionBar(scheme, _("Where memory is"))
        super().__init__(scheme, self.bar, "", parent)
        self._history, self._has_pressure = history, True
        note = TextRole.NOTE
        self._pressure_word, self._pressure = Words(scheme, _("Pressure"), note, "text2"), Words(scheme, "", TextRole.NOTE_STRONG)
        self._curve = Sparkline(scheme, _("Pressure over ten minutes"))
        self._swap = Words(scheme, "", note, "text2")
        self._meter = SwapMeter(scheme, _("Swap"))
        at = self.head.count() - 1
        for away, widget in enumerate((self._pressure_word, self._pressure, self._curve, self._swap, self._meter)):
            self.head.insertWidget(at + away, widget)
        self.head.insertSpacing(at + 3, GAP)

    def show_snapshot(self, snapshot: Snapshot, *, faded: bool = False) -> None:
        """Show a sample; `faded` when it lies back."""
        composition = snapshot.composition
        self.note.show_text(_("{size} GiB in all, values in GiB").format(size=format_gib(composition.total, 1)))
        self.bar.show_composition(composition, faded=faded)
        self._show_pressure(snapshot, faded=faded)
        self._show_swap(snapshot, faded=faded)
        self.refresh_table()

    def _show_pressure(self, snapshot: Snapshot, *, faded: bool) -> None:
        pressure = snapshot.sample.pressure
        share = pressure.some.avg10 if pressure is not None else None
        digits = 1 if share is not None and share < 0.0995 else 0
        self._pressure.show_text(format_percent(share, digits) if share is not None else _("not known here"))
        self._has_pressure = share is not None
        self._curve.setVisible(self._has_pressure and self.width() > _CURVE_FROM * text_scale())
        if share is None:
            return
        times, values = recent(self._history, "pressure_some", _SPAN)
        points = thinned([1 + at / _SPAN for at in times], values, self._curve.width())
        top = max(_LEAST_TOP, max((value for _at, value in points), default=0.0))
        self._curve.show_values(points, top, PRESSURE_LIMIT, faded=faded)
        self._curve.setAccessibleDescription(self._pressure.text())

    def _show_swap(self, snapshot: Snapshot, *, faded: bool) -> None:
        memory = snapshot.sample.memory
        total, free = memory.swap_total, memory.swap_free
        there = bool(total) and free is not None
        self._meter.setVisible(there)
        if not total or free is None:
            self._swap.show_text(_("No swap"))
            return
        zram = any(device.on_zram for device in snapshot.sample.swaps or ())
        used, whole = format_gib(total - free, 1), format_bytes(total, 0 if total % GIB == 0 else None)
        words = _("Swap on zram {used} of {total}") if zram else _("Swap {used} of {total}")
        self._swap.show_text(words.format(used=used, total=whole))
        self._meter.setAccessibleDescription(self._swap.text())
        self._meter.show_share((total - free) / total, zram=zram, faded=faded)

    def resizeEvent(self, event: QResizeEvent) -> None:
        # The curve is the first to go where the words need its place.
        self._curve.setVisible(self._has_pressure and self.width() > _CURVE_FROM * text_scale())
        super().resizeEvent(event)

    def set_narrow(self, *, narrow: bool) -> None:
        """Leave the unit note out of the head."""
        self.note.setVisible(not narrow)
