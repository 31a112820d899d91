"""What is kept of sizes: floors by minute, ten minutes and hour, of processes and of runs of applications."""

from guardian.kernel.process import Process, ProcessKey, ProcessMemory
from guardian.model.kept_sizes import GRAINS, LEAST_HELD, MOST_PROCESSES, Floors, SizeWatch, app_of

MIB = 1 << 20
START = 1_790_000_000.0 // 3600 * 3600
BOOTED = START - 100_000


def process(pid: int, size: int, name: str = "p", cgroup: str | None = None, age: float = 5000) -> Process:
    ticks = int((START - BOOTED - age) * 100)
    return Process(ProcessKey(pid, ticks), name, 1, "S", 0, 1, memory=ProcessMemory(size, 0, 0, 0, 0), cgroup=cgroup)


def named(floors: Floors) -> dict[tuple[str, int | None], tuple[int, int]]:
    return {(who.name, who.pid): (held.size // MIB, held.processes) for who, held in floors.held.items()}


def test_the_lowest_size_of_each_minute_is_kept() -> None:
    watch = SizeWatch("b")
    done = [
        floors
        for look, size in enumerate((50, 20, 40, 90, 80, 70, 60, 61))
        for floors in watch.note(START + 10 * look, BOOTED, [process(5, size * MIB)])
    ]
    (minute,) = done
    assert (minute.apart, minute.time) == (60, START + 60)
    assert named(minute) == {("p", 5): (20, 1), ("p", None): (20, 1)}


def test_ten_minutes_and_hours_have_floors_of_their_own() -> None:
    watch = SizeWatch("b")
    done = [
        floors
        for look in range(2 * 361)
        for floors in watch.note(START + 10 * look, BOOTED, [process(5, (100 + look % 5) * MIB)])
    ]
    assert [sum(floors.apart == grain.apart for floors in done) for grain in GRAINS] == [120, 12, 2]
    assert {named(floors)["p", 5] for floors in done} == {(100, 1)}


def test_tables_that_come_each_second_are_not_all_looked_at() -> None:
    watch = SizeWatch("b")
    for second in range(60):
        watch.note(START + second, BOOTED, [process(5, (10 if second == 32 else 50) * MIB)])
    (minute,) = watch.note(START + 60, BOOTED, [process(5, 50 * MIB)])
    assert named(minute)["p", 5] == (50, 1)
    # A clock that was set back holds nothing up.
    assert watch.note(START - 600, BOOTED, [process(5, 50 * MIB)])


def test_the_small_and_the_young_are_left_out() -> None:
    watch = SizeWatch("b")
    table = [process(5, LEAST_HELD - 1, "small"), process(6, 90 * MIB, "young", age=30), process(7, 90 * MIB, "old")]
    watch.note(START, BOOTED, table)
    (minute,) = watch.note(START + 60, BOOTED, table)
    assert named(minute) == {("old", 7): (90, 1), ("old", None): (90, 1)}


def test_only_the_largest_of_very_many_are_kept() -> None:
    watch = SizeWatch("b")
    table = [process(pid, (4 + pid) * MIB, f"n{pid}") for pid in range(1, 2 * MOST_PROCESSES)]
    watch.note(START, BOOTED, table)
    (minute,) = watch.note(START + 60, BOOTED, table)
    pids = {who.pid for who in minute.held if who.pid is not None}
    assert len(pids) == MOST_PROCESSES
    assert min(pids) == MOST_PROCESSES


def test_an_application_is_summed_and_begins_anew_when_none_of_it_is_left() -> None:
    watch, unit = SizeWatch("b"), "/user.slice/user-1.slice/user@1.service/app.slice/app-firefox@0a.service"
    first = [process(5, 50 * MIB, "firefox", unit, age=900), process(6, 30 * MIB, "Web Content", unit)]
    watch.note(START, BOOTED, first)
    (minute,) = watch.note(START + 60, BOOTED, first)
    assert named(minute)["firefox", None] == (80, 2)
    run = next(who for who in minute.held if who.pid is None)
    # The first process goes, another comes: the run goes on as long as one is left.
    (minute,) = watch.note(START + 120, BOOTED, [first[1], process(9, 20 * MIB, "Web Content", unit)])
    assert run in minute.held
    again = [process(15, 40 * MIB, "firefox", unit, age=500)]
    watch.note(START + 180, BOOTED, again)
    (minute,) = watch.note(START + 240, BOOTED, again)
    (fresh,) = [who for who in minute.held if who.pid is None]
    assert (fresh.app, fresh == run) == ("firefox", False)
    assert fresh.began > run.began


def test_applications_are_units_of_desktop_and_services_and_else_names() -> None:
    for cgroup, app in (
        ("/user.slice/user-1.slice/user@1.service/app.slice/app-org.kde.kate-77.scope", "org.kde.kate"),
        ("/system.slice/postgresql.service", "postgresql"),
        ("/user.slice/user-1.slice/user@1.service/init.scope", "p"),
        ("/user.slice/user-1.slice/user@1.service/app.slice/vte-spawn-1.scope", "p"),
        ("/user.slice/user-1.slice/session-2.scope", "p"),
        (None, "p"),
    ):
        assert app_of(process(5, MIB, cgroup=cgroup)) == app
