"""What one update of the table costs, beside a full reset of the same table in the same view.

CPU time of model and paint together, 3000 rows of which a tenth changes each time.
"""

import gc
import time
from collections.abc import Callable, Iterator
from importlib import util
from pathlib import Path
from types import ModuleType

import pytest
from PySide6.QtWidgets import QApplication

from guardian.sampling.snapshot import Snapshot
from guardian.ui.process_line import Line
from guardian.ui.process_model import ProcessModel
from guardian.ui.process_view import ProcessView
from guardian.ui.scheme import Scheme

pytestmark = pytest.mark.bench

ROWS, UPDATES = 3000, 40
MOST_SECONDS, MOST_SHARE = 0.005, 0.4

Interleaved = Callable[[dict[str, Callable[[], float]], int], dict[str, float]]


class ResettingModel(ProcessModel):
    """The same table, filled anew each time: what a model without memory does."""

    def show(self, snapshot: Snapshot) -> None:
        self.beginResetModel()
        self._snapshot, self._seen = snapshot, {}
        self._around = self._around._replace(growth=snapshot.growth, widest=float(1 << 30))
        laid = self._laying.lay_out(snapshot.victims, self._around)
        self._lines = [Line(line_id, victim) for line_id, victim in laid.shown.items()]
        self._by_id = {line.id: line for line in self._lines}
        self._stamp += 1
        self.endResetModel()


def shared_with_ui() -> ModuleType:
    spec = util.spec_from_file_location("conftest_of_ui", Path(__file__).parents[1] / "ui" / "conftest.py")
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Shown:
    """A table on screen, with its snapshots made beforehand."""

    def __init__(self, model: ProcessModel, scheme: Scheme) -> None:
        endless: Iterator[Snapshot] = shared_with_ui().ticks(ROWS, 0.1, step=4)
        self._snapshots = [next(endless) for _tick in range(UPDATES + 1)]
        self._at = 0
        self.model, self.view = model, ProcessView(scheme, model)
        self.view.resize(988, 460)
        self.view.show()
        self.update()
        self.view.choose(model.line(3).id)
        QApplication.processEvents()

    def update(self) -> float:
        """CPU seconds of the next update, paint included."""
        snapshot = self._snapshots[self._at]
        self._at += 1
        begun = time.process_time()
        self.model.show(snapshot)
        # A changed layout paints one event later.
        QApplication.processEvents()
        QApplication.processEvents()
        return time.process_time() - begun


def test_an_update_costs_a_part_of_a_reset(qapp: QApplication, interleaved: Interleaved, say: Callable[[str], None]) -> None:
    scheme = Scheme(qapp, dark=False)
    following, resetting = Shown(ProcessModel(), scheme), Shown(ResettingModel(), scheme)
    gc.collect()
    gc.freeze()
    try:
        cost = interleaved({"update": following.update, "reset": resetting.update}, UPDATES)
    finally:
        gc.unfreeze()
    share = cost["update"] / cost["reset"]
    say(
        f"table of {ROWS} rows, a tenth changed: update {cost['update'] * 1000:.2f} ms, "
        f"full reset {cost['reset'] * 1000:.2f} ms, "
        f"ratio {share:.2f} (want ≤ {MOST_SECONDS * 1000:.0f} ms and ≤ {MOST_SHARE})"
    )
    assert cost["update"] <= MOST_SECONDS
    assert share <= MOST_SHARE
