"""The columns of the table of processes: which are there, how wide each is, and which step back where room is short."""

from PySide6.QtCore import QItemSelectionModel, QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QTableView

from guardian.fields import Field
from guardian.ui.columns import BAR, NAME, chosen_columns, fitting_columns, head_lines, least_width
from guardian.ui.process_model import ProcessModel
from guardian.ui.table_head import TableHead

# A digit of the pictures' font at the tokens' size; widths follow the font that is really there.
_DIGIT = 8.0
_SELECT = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows


class ProcessColumns(QObject):
    """Fits the chosen columns into the view.  `widths` are those that the user chose by hand; `changed` tells of a new one."""

    changed = Signal()

    def __init__(self, view: QTableView, head: TableHead, model: ProcessModel) -> None:
        super().__init__(view)
        self._view, self._head, self._model = view, head, model
        self.names: tuple[str, ...] = tuple(field.name for field in model.fields)
        self.widths: dict[str, int] = {}
        self._sizing = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._fit)
        head.sectionResized.connect(self._section_resized)
        self._show_heads()
        self._spread()

    @property
    def scale(self) -> float:
        """How much wider than in the pictures a column must be for the font that is there."""
        return max(1.0, self._view.fontMetrics().horizontalAdvance("0") / _DIGIT)

    def choose(self, names: tuple[str, ...]) -> None:
        """Show these columns, as far as they fit; `names` keeps those too that do not fit now."""
        self.names = names
        self._fit()

    def show_units(self, shown: bool) -> None:
        """With or without the line of units in the head."""
        self._head.show_units(shown)
        self.fit_soon()

    def show_sort(self) -> None:
        """Put the sort mark where the model sorts."""
        order = self._model.order
        names = [field.name for field in self._model.fields]
        section = names.index(order.sort) if order.sort in names else -1
        self._head.show_sort(section, descending=order.descending)

    def fit_soon(self) -> None:
        """Fit the columns once the present event is done with."""
        self._timer.start()

    @Slot()
    def _fit(self) -> None:
        fields = chosen_columns(self.names)
        least = {field.name: self._least_width(field, self._usual_width(field)) for field in fields}
        fitting = fitting_columns(fields, self._view.viewport().width(), least)
        if fitting != tuple(field.name for field in self._model.fields):
            chosen = {index.row() for index in self._view.selectionModel().selectedIndexes()}
            self._model.set_columns(fitting)
            # A row counts as selected only with all its columns, new ones too.
            for row in chosen:
                self._view.selectionModel().select(self._model.index(row, 0), _SELECT)
            self._show_heads()
        self._spread()

    def _show_heads(self) -> None:
        self._head.set_lines([(*head_lines(field), field.align == "right") for field in self._model.fields])
        self.show_sort()

    def _least_width(self, field: Field, usual: float) -> float:
        """How narrow a column may become; its head stays whole as far as a smaller letter goes."""
        head = self._head.width_for(*head_lines(field), small=True)
        return min(usual, max(least_width(field, usual, self.scale), head))

    def _usual_width(self, field: Field) -> int:
        """What a column takes where there is room: as wide as the user made it, else as its head and the tokens ask."""
        return self.widths.get(field.name, max(round(field.width * self.scale), self._head.width_for(*head_lines(field))))

    def _spread(self) -> None:
        """Give each column its width: what is left goes to the program's name, what is missing comes from the bar and it."""
        fields = {field.name: field for field in self._model.fields}
        widths = {name: float(self._usual_width(field)) for name, field in fields.items()}
        left = self._view.viewport().width() - sum(widths.values())
        for name in (BAR, NAME):
            if name in fields and left < 0:
                given = min(-left, widths[name] - self._least_width(fields[name], widths[name]))
                widths[name] -= given
                left += given
        widths[NAME] += max(0.0, left)
        self._sizing = True
        for section, name in enumerate(fields):
            self._head.resizeSection(section, int(widths[name]))
        self._sizing = False

    @Slot(int, int, int)
    def _section_resized(self, section: int, _before: int, now: int) -> None:
        name = self._model.fields[section].name
        if not self._sizing and name != NAME:
            self.widths[name] = now
            self.fit_soon()
            self.changed.emit()
