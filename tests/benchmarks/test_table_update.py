"""What one update of the table costs, beside a full reset of the same table in the same view.

CPU time of model and paint together, 3000 rows of which a tenth changes each time.  pytest -m bench -s tests/benchmarks
"""

import gc
import statistics
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

ROWS, UPDATES = 3000, 40
MOST_MS, MOST_SHARE = 5.0, 0.4


class ResettingModel(ProcessModel):
    """The same table, filled anew each time: what most programs do."""

    def show(self, snapshot: Snapshot) -> None:
        self.beginResetModel()
        self._snapshot, self._seen = snapshot, {}
        self._around = self._around._replace(growth=snapshot.growth, widest=1 << 30)
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


@pytest.fixture
def snapshots() -> list[Snapshot]:
    endless: Iterator[Snapshot] = shared_with_ui().ticks(ROWS, 0.1)
    return [next(endless) for _tick in range(UPDATES)]


def cost_of(model: ProcessModel, snapshots: list[Snapshot], scheme: Scheme) -> list[float]:
    """Milliseconds of CPU for each update but the first, paint included."""
    view = ProcessView(scheme, model)
    view.resize(988, 460)
    view.show()
    model.show(snapshots[0])
    for _pass in range(3):
        QApplication.processEvents()
    view.choose(model.line(3).id)
    QApplication.processEvents()
    gc.collect()
    gc.freeze()
    spent = []
    for snapshot in snapshots[1:]:
        begun = time.process_time()
        model.show(snapshot)
        QApplication.processEvents()
        spent.append((time.process_time() - begun) * 1000)
    gc.unfreeze()
    view.hide()
    view.deleteLater()
    return spent


@pytest.mark.bench
def test_an_update_costs_a_part_of_a_reset(qapp: QApplication, snapshots: list[Snapshot]) -> None:
    scheme = Scheme(qapp, dark=False)
    follow = cost_of(ProcessModel(), snapshots, scheme)
    reset = cost_of(ResettingModel(), snapshots, scheme)
    # The lower quartile: other programs on the machine can only add to it.
    update, full = (statistics.quantiles(costs, n=4)[0] for costs in (follow, reset))
    share = update / full
    print(
        f"\n{ROWS} rows, a tenth changed: update {update:.2f} ms (median {statistics.median(follow):.2f}), "
        f"reset {full:.2f} ms (median {statistics.median(reset):.2f}), ratio {share:.2f} "
        f"(want ≤ {MOST_MS} ms, ≤ {MOST_SHARE})"
    )
    assert update <= MOST_MS
    assert share <= MOST_SHARE


@pytest.mark.bench
def test_cost_of_one_update(benchmark: Callable[..., object], qapp: QApplication, snapshots: list[Snapshot]) -> None:
    model, at = ProcessModel(), iter(range(10**9))
    view = ProcessView(Scheme(qapp, dark=False), model)
    view.resize(988, 460)
    view.show()
    model.show(snapshots[0])
    QApplication.processEvents()

    def update() -> None:
        model.show(snapshots[next(at) % UPDATES])
        QApplication.processEvents()

    benchmark(update)
