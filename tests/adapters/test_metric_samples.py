"""From what an agent saw to samples, and through the library to the page that Prometheus reads."""

import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.parser import text_string_to_metric_families as plain_families

from guardian.adapters.metric_names import LabelNames
from guardian.adapters.metric_samples import Family, Own, Seen, families
from guardian.adapters.metrics_page import FILE_NAME, registry_of, remove_textfile, write_textfile
from guardian.kernel.meminfo import MemInfo
from guardian.kernel.pressure import Pressure, Stall
from guardian.kernel.process import Process, ProcessKey, ProcessMemory
from guardian.kernel.vmstat import VmStat
from guardian.model.history import Kill, Party
from guardian.model.verdict import Grower, NextVictim, State, Verdict
from guardian.protocol.metrics import METRICS, VICTIM_PREFIX
from guardian.sampling.sample import Sample
from guardian.sampling.snapshot import interpret

GIB = 1 << 30
MIB = 1 << 20
OWN = Own(started=1000.0, cpu=1.5, scrapes_cpu=0.25, memory=20 * MIB, locked=True)
Samples = dict[tuple[str, tuple[str, ...]], float]


def process(pid: int, name: str, size: int, cgroup: str = "/system.slice/web.service") -> Process:
    memory = ProcessMemory(size, 0, 0, 0, 0)
    return Process(ProcessKey(pid, 7), name, 1, "S", 0, 1, uid=1000, cgroup=cgroup, memory=memory, oom_score_adj=0, oom_score=700)


def seen(*processes: Process, **more: Any) -> Seen:
    memory = MemInfo(8 * GIB, 2 * GIB, 3 * GIB, swap_total=4 * GIB, swap_free=GIB, committed_as=5 * GIB, commit_limit=8 * GIB)
    stalls = Pressure(Stall(0.25, 0, 0, 12.5), Stall(0.1, 0, 0, 3.0))
    vmstat = VmStat({"oom_kill": 3})
    sample = Sample(1000.0, 50.0, 4096, memory, vmstat, None, stalls, None, None, None, processes)
    snapshot = interpret(sample, None)
    verdict = Verdict(1000.0, State.CALM, 4 * GIB, 3 * GIB, GIB, 0.25, 0.1, None, None, (), ())
    verdict = verdict._replace(**more.pop("verdict", {}))
    made = Seen(50.0, verdict, sample, snapshot, 990.0, {("kernel", "global"): 2}, None, 7, 0.5)
    return made._replace(**more)


def samples(what: Seen, now: float = 51.0, names: LabelNames | None = None, top: int = 10) -> Samples:
    found: Samples = {}
    for family in families(what, OWN, names or LabelNames(), "Debian GNU/Linux 12 (bookworm)", now, top):
        for labels, value in family.samples:
            assert (family.metric.name, labels) not in found
            found[family.metric.name, labels] = value
    return found


def test_the_machine_in_numbers() -> None:
    found = samples(seen(process(5, "web", GIB)))
    assert found["oom_guardian_headroom_bytes", ()] == 4 * GIB
    assert found["oom_guardian_headroom_part_bytes", ("swap",)] == GIB
    assert found["oom_guardian_swap_free_bytes", ()] == GIB
    assert found["oom_guardian_committed_bytes", ()] == 5 * GIB
    assert found["oom_guardian_pressure_ratio", ("some",)] == 0.25
    assert found["oom_guardian_pressure_waited_seconds_total", ("full",)] == 3.0
    assert sum(value for (name, _), value in found.items() if name == "oom_guardian_layer_bytes") == 8 * GIB
    assert found["oom_guardian_kills_total", ("kernel", "global")] == 2
    assert found["oom_guardian_kernel_oom_kills_total", ()] == 3
    assert found["oom_guardian_state_since_timestamp_seconds", ()] == 990.0
    assert found["oom_guardian_state", ("calm",)] == 1.0
    assert found["oom_guardian_state_level", ()] == 0.0


def test_no_trend_is_no_sample() -> None:
    quiet = samples(seen(process(5, "web", GIB)))
    assert not [name for name, _ in quiet if "forecast" in name or "shrinking" in name or "grower" in name]
    grower = Grower("web", ProcessKey(5, 7), 3, GIB, 100.0)
    change: dict[str, Any] = {"seconds_left": (40.0, 60.0, 90.0), "shrinking": 2.0, "growers": (grower,)}
    falling = samples(seen(process(5, "web", GIB), verdict=change))
    assert [falling["oom_guardian_forecast_seconds", (bound,)] for bound in ("earliest", "likeliest", "latest")] == [40, 60, 90]
    assert falling["oom_guardian_grower_bytes_per_second", ("web", "web.service")] == 100.0
    assert falling["oom_guardian_grower_processes", ("web", "web.service")] == 3


def test_one_series_for_each_program_and_no_more_than_asked_for() -> None:
    crowd = [process(100 + at, f"p{at // 2}", (60 - at) * 64 * MIB) for at in range(60)]
    found = samples(seen(*crowd), top=10)
    ranked = {labels: value for (name, labels), value in found.items() if name == VICTIM_PREFIX + "rank"}
    assert ranked == {("p0",): 1, ("p1",): 3, ("p2",): 5, ("p3",): 7, ("p4",): 9}
    assert found[VICTIM_PREFIX + "counted_bytes", ("p1",)] == 58 * 64 * MIB
    assert not [name for name, _ in samples(seen(*crowd), top=0) if name.startswith(VICTIM_PREFIX)]


def test_two_victims_of_one_name_are_the_nearest_one() -> None:
    scopes = [f"/user.slice/session-{number}.scope" for number in (3, 4)]
    change = {"next_victims": [NextVictim("memcg", "", "", 0.9 - at / 10, "web", None, scopes[at], GIB, 4) for at in (0, 1)]}
    found = samples(seen(process(5, "web", GIB), verdict=change))
    assert found["oom_guardian_next_victim_nearness_ratio", ("memcg", "web", "session.scope")] == 0.9
    assert found["oom_guardian_next_victim_processes", ("memcg", "web", "session.scope")] == 5


def test_a_look_that_is_too_old_is_no_data() -> None:
    found = samples(seen(process(5, "web", GIB)), now=90.0)
    assert found["oom_guardian_state", ("no data",)] == 1.0
    assert found["oom_guardian_state", ("calm",)] == 0.0
    assert found["oom_guardian_state_level", ()] == -1.0
    assert ("oom_guardian_headroom_bytes", ()) not in found
    assert ("oom_guardian_kills_total", ("kernel", "global")) in found


def test_the_last_kill_of_a_program_and_of_a_group() -> None:
    kill = Kill(None, 900.0, "kernel", (Party(77, "web"),))
    assert samples(seen(last_kill=kill))["oom_guardian_last_kill_timestamp_seconds", ("kernel", "web")] == 900.0
    group = Kill(None, 901.0, "systemd-oomd", (Party(None, "/user.slice/session-3.scope"),))
    found = samples(seen(last_kill=group))
    assert found["oom_guardian_last_kill_timestamp_seconds", ("systemd-oomd", "session.scope")] == 901.0


def test_redacted_no_name_is_left() -> None:
    grower = Grower("secret-web", ProcessKey(5, 7), 3, GIB, 100.0)
    victim = NextVictim("kernel", "", "", 0.5, "secret-web", ProcessKey(5, 7), "/system.slice/secret.service", GIB, 0)
    kill = Kill(None, 900.0, "kernel", (Party(77, "secret-web"),))
    what = seen(
        process(5, "secret-web", GIB, "/system.slice/secret.service"),
        verdict={"growers": (grower,), "next_victims": (victim,)},
        last_kill=kill,
    )
    assert "secret" not in str(samples(what, names=LabelNames(b"key")))
    assert "secret" in str(samples(what))


def everything() -> list[Family]:
    grower = Grower('we"b\n', ProcessKey(5, 7), 3, GIB, 100.0)
    victim = NextVictim("kernel", "", "", 0.5, 'we"b\n\\', ProcessKey(5, 7), "/system.slice/web.service", GIB, 0)
    change: dict[str, Any] = {"growers": (grower,), "next_victims": (victim,), "seconds_left": (1.0, 2.0, 3.0), "shrinking": 1.0}
    kill = Kill(None, 900.0, "kernel", (Party(77, "web"),))
    what = seen(process(5, 'we"b\n\\', GIB), verdict=change, last_kill=kill)
    return list(families(what, OWN, LabelNames(), 'De"bian\\', 51.0, 10))


def test_every_metric_is_named_once_and_the_reference_parsers_read_them() -> None:
    made = everything()
    names = [family.metric.name for family in made]
    assert len(set(names)) == len(names)
    victims = {name for name in names if name.startswith(VICTIM_PREFIX)}
    assert victims == {
        VICTIM_PREFIX + name for name in ("rank", "badness_bytes", "counted_bytes", "oom_score_adj", "processes", "frees_bytes",
                                          "growth_bytes_per_second")
    }  # fmt: skip
    assert set(names) - victims <= {metric.name for metric in METRICS}
    registry = registry_of(lambda: made)
    strict = list(text_string_to_metric_families(generate_openmetrics(registry).decode()))
    plain = list(plain_families(generate_latest(registry).decode()))
    assert len(strict) == len(plain) == len([family for family in made if family.samples])
    units = {family.name: family.unit for family in strict}
    assert units["oom_guardian_headroom_bytes"] == "bytes"
    assert units["oom_guardian_shrinking_bytes_per_second"] == "bytes_per_second"


def test_a_scrape_of_400_processes_costs_little() -> None:
    what = seen(*(process(100 + at, f"program-{at}", (500 - at) * MIB) for at in range(400)))
    registry = registry_of(lambda: families(what, OWN, LabelNames(), "", 51.0, 10))
    spent = []
    for _ in range(7):
        began = time.thread_time()
        generate_openmetrics(registry)
        spent.append(time.thread_time() - began)
    assert min(spent) <= 0.005


def test_promtool_finds_nothing_to_say(tmp_path: Path) -> None:
    if shutil.which("promtool") is None:
        pytest.skip("promtool is missing (Debian: prometheus)")
    page = generate_latest(registry_of(everything))
    done = subprocess.run(["promtool", "check", "metrics"], input=page, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")


def test_the_textfile_is_whole_readable_and_follows_no_link(tmp_path: Path) -> None:
    folder, registry = str(tmp_path), registry_of(everything)
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    (tmp_path / f"{FILE_NAME}.new").symlink_to(victim)
    write_textfile(folder, registry)
    write_textfile(folder, registry)
    written = tmp_path / FILE_NAME
    assert written.stat().st_mode & 0o777 == 0o644
    assert written.read_bytes().endswith(b"\n")
    assert victim.read_text() == "untouched"
    assert sorted(path.name for path in tmp_path.iterdir()) == [FILE_NAME, "victim"]
    remove_textfile(folder)
    assert not written.exists()
