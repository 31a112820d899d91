"""How fast processes grow between two looks."""

from guardian.kernel.process import Process, ProcessKey
from guardian.model.growth import growth_rates
from tests.model.conftest import PAGE, process_of


def test_anon_and_swap_count_and_file_pages_do_not() -> None:
    before = [process_of(10, 100, file=10, swap=5), process_of(11, 50)]
    now = [process_of(10, 140, file=900, swap=15), process_of(11, 30)]
    assert growth_rates(before, now, 2.0) == {ProcessKey(10, 10): 25.0 * PAGE, ProcessKey(11, 11): -10.0 * PAGE}


def test_only_the_same_process_is_compared() -> None:
    reborn = process_of(10, 900, born=77)
    hidden = process_of(11, memory=None)
    before: list[Process] = [process_of(10, 5), process_of(11, 5), process_of(12, memory=None), process_of(13, 5)]
    now = [reborn, hidden, process_of(12, 9), process_of(14, 9)]
    assert growth_rates(before, now, 1.0) == {}


def test_no_time_no_rate() -> None:
    processes = [process_of(10, 5)]
    assert growth_rates(processes, processes, 0.0) == {}
    assert growth_rates(processes, processes, -1.0) == {}
    assert growth_rates(processes, processes, 1.0) == {ProcessKey(10, 10): 0.0}
