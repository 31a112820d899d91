"""Who grows, asked of the agent's history; and what grows inside one process, asked of the kernel."""

import os
import time
from collections.abc import Callable
from pathlib import Path

from guardian.adapters.history_schema import history_path
from guardian.kernel.errors import Vanished
from guardian.kernel.process import ProcessKey, parse_stat
from guardian.kernel.smaps import read_smaps
from guardian.kernel.tree import Tree
from guardian.model.grower_search import GrowerSearch, search_growers
from guardian.model.kept_sizes import KeptSizes
from guardian.model.mapping_growth import InsideLook, compare_mappings

INSIDE_SECONDS = 10.0
# Where systemd keeps the state of the agent without a session; readable by root.
SYSTEM_HISTORY = Path("/var/lib/oom-guardian/history.sqlite")
_DAYS = 14 * 86400.0


def kept_growers(path: Path | None = None, now: float | None = None) -> GrowerSearch:
    """What the sizes in the history say: the user's own, else that of a server's agent, for those who may read it.

    Raises StoreUnusable; without a history nothing is found.
    """
    now = now if now is not None else time.time()
    found = _search(path or history_path(), now)
    if path is None and not found.fresh(now) and os.access(SYSTEM_HISTORY, os.R_OK):
        return _search(SYSTEM_HISTORY, now)
    return found


def _search(path: Path, now: float) -> GrowerSearch:
    from guardian.adapters.history_store import HistoryStore

    if not path.exists():
        return search_growers(KeptSizes((), {}, {}))
    with HistoryStore(path, writable=False) as store:
        return search_growers(store.sizes(now - _DAYS))


def look_inside(
    tree: Tree,
    key: ProcessKey,
    seconds: float = INSIDE_SECONDS,
    wait: Callable[[float], bool] | None = None,
) -> InsideLook | None:
    """What grows inside a process within so many seconds; None where `wait` said to stop.

    `wait` sleeps and returns whether to go on.  Raises Vanished, also where another process has taken the number, or Denied.
    """
    _must_live(tree, key)
    before, began = read_smaps(tree, key.pid), time.monotonic()
    if wait is None:
        time.sleep(seconds)
    elif not wait(seconds):
        return None
    now, ended = read_smaps(tree, key.pid), time.monotonic()
    _must_live(tree, key)
    return compare_mappings(before, now, ended - began)


def _must_live(tree: Tree, key: ProcessKey) -> None:
    path = f"proc/{key.pid}/stat"
    if parse_stat(tree.read(path)).start_ticks != key.start_ticks:
        raise Vanished(path, "another process has this number")
