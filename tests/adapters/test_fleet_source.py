"""Pages of machines from a real Prometheus with the project's own recording rules."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from guardian.adapters.fleet_source import FleetSource, NothingThere
from guardian.adapters.prometheus_server import PrometheusServer
from guardian.model.verdict import State
from guardian.policy.fleet import Identity
from guardian.policy.server_address import ServerChoice, parse_address
from tests.simulated_fleet import Simulated, SimulatedFleet, need_prometheus, served

RULES_FILE = "oom-guardian-recording.rules.yml"


@pytest.fixture
def source(fleet_server: SimulatedFleet) -> Iterator[FleetSource]:
    server = PrometheusServer(ServerChoice(parse_address(fleet_server.url)))
    yield FleetSource(server)
    server.close()


def test_the_most_endangered_come_first_with_all_that_is_shown(source: FleetSource, fleet_server: SimulatedFleet) -> None:
    page = source.page(rows=10)
    assert (page.total, page.found, page.silent) == (fleet_server.fleet.total, fleet_server.fleet.total, 2)
    states = [machine.state for machine in page.machines]
    assert states == [State.CRITICAL] + [State.WARNING] * 2 + [State.WATCH] * 3 + [State.CALM] * 4
    places = [machine.place for machine in page.machines]
    assert places == sorted(places, reverse=True)
    worst = page.machines[0]
    assert worst.name == "build-0000"
    assert worst.forecast == (60.0, 100.0, 180.0)
    assert sum(size or 0 for size in worst.layers) == pytest.approx(worst.memory, rel=0.01)
    assert worst.next_of_kernel is not None
    assert worst.next_of_kernel.program == "cc1plus"
    assert worst.grower is not None
    assert len(worst.lately) > 20
    assert worst.lately[0].value > worst.lately[-1].value
    assert page.asked is not None
    assert worst.heard is not None


def test_pages_bring_every_machine_once(source: FleetSource, fleet_server: SimulatedFleet) -> None:
    found: list[Identity] = []
    page = source.page(rows=17, curves=False)
    while True:
        found += [machine.identity for machine in page.machines]
        if page.following is None:
            break
        page = source.page(page.following, rows=17, before=len(found), curves=False)
        assert page.before == len(found)
    assert len(found) == len(set(found)) == fleet_server.fleet.total
    # The silent stand last, with what was known of them.
    last = page.machines[-1]
    assert (last.state, last.memory, last.room) == (State.NO_DATA, 32.0 * (1 << 30), None)
    assert page.asked is not None
    assert last.heard is not None
    assert page.asked - last.heard > 7000


@pytest.mark.parametrize(
    "search,names",
    [("BUILD-", ["build-0000"]), ("cc1", ["build-0000"]), ("lab-0001", ["lab-0001"]), (".*", []), ('"}', []), ("\\", [])],
)
def test_a_search_finds_machines_and_next_victims(source: FleetSource, search: str, names: list[str]) -> None:
    page = source.page(search=search)
    assert [machine.name for machine in page.machines] == names
    assert page.found == len(names)
    assert page.total > 100


def test_one_machine_by_its_whole_name(source: FleetSource) -> None:
    assert [one.name for one in source.page(search="node-0001", exact=True).machines] == ["node-0001"]
    assert [one.name for one in source.page(search="node-0001:9099", exact=True).machines] == ["node-0001"]
    assert source.page(search="node-000", exact=True).machines == ()


def test_the_minutes_before_the_last_kill(source: FleetSource) -> None:
    page = source.page(rows=1)
    assert page.asked is not None
    minutes = source.minutes_before(page.machines[0], page.asked)
    assert minutes is not None
    assert minutes.kill.program == "cc1plus"
    before = [point for point in minutes.room if point.time <= minutes.kill.time]
    assert len(before) > 30
    assert before[0].value > before[-1].value
    assert max(point.time for point in minutes.room) <= page.asked
    assert source.minutes_before(page.machines[0]._replace(last_kill=None), page.asked) is None


def test_without_rules_and_without_machines_it_is_said_what_is_missing(tmp_path: Path) -> None:
    need_prometheus()
    for simulated, words in ((Simulated(2, 0, 0, 0, 0), RULES_FILE), (Simulated(0, 0, 0, 0, 0), "guardian agent --metrics")):
        for fleet in served(tmp_path / words[:4], simulated, rules=False):
            server = PrometheusServer(ServerChoice(parse_address(fleet.url)))
            with pytest.raises(NothingThere, match=words):
                FleetSource(server).page()
            server.close()
