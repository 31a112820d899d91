"""What tests of the model share: processes whose pages are plain to see."""

from collections.abc import Callable

import pytest

from guardian.kernel.process import Process, ProcessKey, ProcessMemory
from guardian.model.domain import OomDomain

PAGE = 4096
MakeProcess = Callable[..., Process]


def process_of(
    pid: int = 100,
    anon: int = 0,
    file: int = 0,
    shmem: int = 0,
    swap: int = 0,
    tables: int = 0,
    adj: int | None = 0,
    score: int | None = 700,
    born: int | None = None,
    **more: object,
) -> Process:
    """A user's process that holds so many pages of each kind; `born` in clock ticks is its pid where not given."""
    memory = ProcessMemory(anon * PAGE, file * PAGE, shmem * PAGE, swap * PAGE, tables * PAGE)
    key = ProcessKey(pid, pid if born is None else born)
    made = Process(key, f"p{pid}", 1, "S", 0, 1, uid=1000, memory=memory, oom_score_adj=adj, oom_score=score, cap_effective=0)
    return made._replace(**more)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def make() -> MakeProcess:
    """Builds one process from numbers of pages."""
    return process_of


@pytest.fixture(scope="session")
def million() -> OomDomain:
    """A machine of a million pages: one per mille is a thousand."""
    return OomDomain("global", 1_000_000, PAGE)
