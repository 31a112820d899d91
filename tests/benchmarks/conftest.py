"""A crowd of idle processes, the floor that C sets, and medians of interleaved rounds."""

import shutil
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CROWD = 3000


class Floor:
    """The C program that reads what an exact pass must read; CPU seconds of one pass on each call."""

    def __init__(self, program: Path) -> None:
        self._process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self) -> float:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        _count, nanoseconds = self._process.stdout.readline().split()
        return int(nanoseconds) / 1e9

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Compiles one of the C programs beside this file; skips without a compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    folder = tmp_path_factory.mktemp("programs")

    def compile_one(name: str) -> Path:
        if compiler is None:
            pytest.skip("no C compiler (Debian: gcc libc6-dev)")
        subprocess.run([compiler, "-O2", "-Wall", "-Wextra", "-o", folder / name, HERE / f"{name}.c"], check=True)
        return folder / name

    return compile_one


@pytest.fixture(scope="session")
def crowd(compiled: Callable[[str], Path]) -> Iterator[list[int]]:
    """The pids of CROWD idle processes."""
    parent = subprocess.Popen([compiled("crowd"), str(CROWD)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pids = [int(pid) for pid in parent.stdout.readline().split()]
    assert len(pids) == CROWD, "the machine does not allow so many processes"
    time.sleep(1)
    yield pids
    parent.kill()
    parent.communicate()


@pytest.fixture
def floor(compiled: Callable[[str], Path], crowd: list[int]) -> Iterator[Floor]:
    """One exact pass of C over the crowd, in CPU seconds."""
    program = Floor(compiled("floor"))
    program()
    yield program
    program.close()


def cpu_of(action: Callable[[], object]) -> float:
    """CPU seconds that this process spends in an action."""
    begin = time.process_time()
    action()
    return time.process_time() - begin


@pytest.fixture(scope="session")
def interleaved() -> Callable[[dict[str, Callable[[], float]], int], dict[str, float]]:
    """Takes measures in turn, so many rounds, and gives each one's median: what disturbs one disturbs all."""

    def measure(measures: dict[str, Callable[[], float]], rounds: int) -> dict[str, float]:
        taken: dict[str, list[float]] = {name: [] for name in measures}
        for _ in range(rounds):
            for name, one in measures.items():
                taken[name].append(one())
        return {name: statistics.median(values) for name, values in taken.items()}

    return measure


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Prints a figure past pytest's capture."""

    def print_figure(figure: str) -> None:
        with capsys.disabled():
            print(f"\n{figure}")  # noqa: T201 - figures are what a benchmark is for

    return print_figure


@pytest.fixture(scope="session")
def cpu() -> Callable[[Callable[[], object]], float]:
    """CPU seconds of an action."""
    return cpu_of
