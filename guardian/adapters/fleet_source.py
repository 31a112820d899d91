"""Pages of machines from a Prometheus server: a handful of bounded questions each."""

from collections.abc import Sequence
from typing import NamedTuple

from guardian.adapters.prometheus_server import PrometheusServer
from guardian.policy import fleet_queries as queries
from guardian.policy.fleet import Identity, LastKill, Machine, MachinePage, counts_of, curves_of, machines_of, places_of
from guardian.policy.fleet_queries import INSTANCE, PAGE_ROWS, Cursor
from guardian.policy.prometheus_answer import Point, Series
from guardian.protocol.i18n import _

_MOST_MACHINES = 1e9
RULES_FILE = "oom-guardian-recording.rules.yml"


class NothingThere(Exception):
    """The server has no machine to show; the text says what is missing and how to get it."""


class MinutesBefore(NamedTuple):
    """A machine's room in the minutes around its last kill."""

    kill: LastKill
    room: tuple[Point, ...]


class FleetSource:
    """Asks one server."""

    def __init__(self, server: PrometheusServer) -> None:
        self.server = server

    def page(
        self,
        cursor: Cursor | None = None,
        search: str = "",
        rows: int = PAGE_ROWS,
        before: int = 0,
        *,
        curves: bool = True,
        exact: bool = False,
    ) -> MachinePage:
        """The machines from a place on, of which `before` have been shown; `curves` with their room of the last minutes.

        `exact`: the search is one machine's name.  Raises ServerTrouble, NothingThere.
        """
        counts = counts_of(self.server.instant(queries.counts_query()))
        if not sum(counts.values()):
            raise NothingThere(self._missing())
        found = sum(counts.values())
        if search.strip():
            matched = self.server.instant(queries.found_query(search, exact=exact))
            found = round(min(max(matched[0].last, 0), _MOST_MACHINES)) if matched else 0
        told = self.server.instant(queries.page_query(cursor, search, rows, exact=exact))
        places, following = places_of(told, cursor, rows)
        asked = told[0].points[-1].time if told else None
        if asked is None:
            if cursor is None and not search.strip():
                raise NothingThere(self._missing())
            return MachinePage((), counts, found, before, None, None)
        live = _names([place.identity for place in places if not place.silent])
        silent = _names([place.identity for place in places if place.silent])
        machines = machines_of(
            places,
            asked,
            self.server.instant(queries.rows_query(live), asked) if live else (),
            self.server.instant(queries.heard_query(live + silent), asked),
            self.server.instant(queries.silent_query(silent), asked) if silent else (),
            self._curves(live, asked) if live and curves else (),
        )
        return MachinePage(machines, counts, found, before, following, asked)

    def minutes_before(self, machine: Machine, asked: float) -> MinutesBefore | None:
        """The minutes before the machine's last kill, up to `asked`, None where none is known.  Raises ServerTrouble."""
        kill = machine.last_kill
        if kill is None:
            return None
        query = queries.room_query([machine.instance])
        # Beyond its newest value a server would go on with that value.
        start, end = kill.time - queries.BEFORE_KILL, max(kill.time, min(kill.time + queries.AFTER_KILL, asked))
        series = self.server.range(query, start, end, queries.SPARK_STEP)
        return MinutesBefore(kill, curves_of(series, start, end).get(machine.identity, ()))

    def _curves(self, instances: Sequence[str], until: float) -> tuple[Series, ...]:
        start = until - queries.SPARK_SECONDS
        return self.server.range(queries.room_query(instances), start, until, queries.SPARK_STEP)

    def _missing(self) -> str:
        server = self.server.choice.address.shown
        if self.server.instant(queries.any_query()):
            words = _("{server} has the machines' metrics, but not the recording rules. Load {file} there.")
            return words.format(server=server, file=RULES_FILE)
        words = _(
            "{server} has no metrics of OOM Guardian. Start guardian agent --metrics on the machines and let it scrape them."
        )
        return words.format(server=server)


def _names(identities: Sequence[Identity]) -> list[str]:
    return sorted({dict(identity)[INSTANCE] for identity in identities})
