"""Every kill that was recorded on real kernels: the victim is the one that the sample before it pointed to."""

import importlib.util
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest

from guardian.kernel.cgroup import MemoryCgroup
from guardian.kernel.meminfo import parse_meminfo
from guardian.kernel.process import Process, assemble, parse_oom_score, parse_oom_score_adj, parse_stat, parse_status
from guardian.kernel.zoneinfo import parse_zoneinfo
from guardian.model.badness import badness, oom_score
from guardian.model.composition import compose
from guardian.model.constraints import global_domain, memcg_domain
from guardian.model.era import Era
from guardian.model.probe import era_of_release, probe_era
from guardian.model.room import room
from guardian.model.sharing import mm_sharers
from guardian.model.victim import Victim, dies_with, rank_victims

PAGE = 4096
# What processes move between the last sample and the kill, and how far /proc is from the killer's counters before 7.0.
DRIFT, PER_COUNTER = 200, 4


class Moment(NamedTuple):
    begin: float
    end: float
    files: Mapping[str, str]


def reader_of(shared: Path) -> ModuleType:
    """The lab's own reader of recordings: what is tested here must not read its own examples."""
    spec = importlib.util.spec_from_file_location("oomlab_recording", shared / "oomlab" / "recording.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def moments(reader: ModuleType, run: Path) -> list[Moment]:
    ends = {item["t"]: item["e"] for item in reader.items(run) if "set" in item}
    return [Moment(t, end / 1e9, dict(files)) for (t, files), end in zip(reader.replay(run), ends.values(), strict=True)]


def processes_of(files: Mapping[str, str]) -> list[Process]:
    found = []
    for path in files:
        match = re.fullmatch(r"/proc/(\d+)/status", path)
        stat = files.get(f"/proc/{match[1]}/stat") if match else None
        if match is None or stat is None:
            continue
        folder = f"/proc/{match[1]}"
        process = assemble(
            parse_stat(stat),
            parse_status(files[path]),
            oom_score_adj=parse_oom_score_adj(files.get(f"{folder}/oom_score_adj", "")),
            oom_score=parse_oom_score(files.get(f"{folder}/oom_score", "")),
            cgroup=files.get(f"{folder}/cgroup", "").rpartition("::")[2].strip() or None,
        )
        found.append(process)
    return found


def number(text: str | None) -> int | None:
    return int(text) if text is not None and text.strip().isdigit() else None


def cgroups_of(files: Mapping[str, str]) -> list[MemoryCgroup]:
    root = "/sys/fs/cgroup"
    folders = {path.removeprefix(root).rpartition("/")[0] for path in files if path.startswith(root)}
    return [
        MemoryCgroup(
            folder or "/",
            2,
            current=number(files.get(f"{root}{folder}/memory.current")),
            max=number(files.get(f"{root}{folder}/memory.max")),
            swap_max=number(files.get(f"{root}{folder}/memory.swap.max")),
            oom_group=number(files.get(f"{root}{folder}/memory.oom.group")) == 1,
        )
        for folder in sorted(folders)
    ]


def ranking(moment: Moment, memcg: str | None, era: Era, dead: Iterable[int]) -> tuple[Victim, ...]:
    memory = parse_meminfo(moment.files["/proc/meminfo"])
    groups = cgroups_of(moment.files)
    domain = global_domain(memory, PAGE)
    machine = domain.total_pages
    if memcg:
        group = next((one for one in groups if one.path == memcg), MemoryCgroup(memcg, 2))
        domain = memcg_domain(group, memory, PAGE)
    living = [process for process in processes_of(moment.files) if process.pid not in dead]
    return rank_victims(living, domain, era, cgroups=groups, machine_pages=machine)


def noise_of(result: Mapping[str, str], scenario: Mapping[str, str]) -> int:
    """Pages by which status and the killer's counters differ: 6.12 prints exact sums and scores approximate ones."""
    return PER_COUNTER * 31 * int(scenario.get("cpus") or 1) if "6.12" in result["kernel"] else 0


def test_the_recorded_kernels_scores_prove_their_era(each_recording: Path, shared: Path) -> None:
    result = json.loads((each_recording / "result.json").read_text())
    noise = noise_of(result, json.loads((each_recording / "scenario.json").read_text()))
    taken = moments(reader_of(shared), each_recording)
    checked = exact = near = 0
    for moment in taken[:: max(1, len(taken) // 12)]:
        processes, domain = processes_of(moment.files), global_domain(parse_meminfo(moment.files["/proc/meminfo"]), PAGE)
        era, verification = probe_era(processes, domain, result["kernel"])
        assert era is Era.E8 or verification.checked < 3
        checked, exact = checked + verification.checked, exact + verification.exact
        step = 1 + noise * 1000 // domain.total_pages
        witnesses = [one for one in processes if one.memory is not None and not one.exiting and not one.kill_pending]
        ours = [oom_score(badness(one, domain, era), domain.total_pages, era) for one in witnesses]
        near += sum(abs((mine or 0) - (one.oom_score or 0)) <= step for mine, one in zip(ours, witnesses, strict=True))
    # Growing programs move between the reading of their files.
    assert near >= 0.97 * checked
    assert noise or exact >= 0.93 * checked


def test_every_recorded_victim_is_the_predicted_one_or_its_equal(each_recording: Path, shared: Path) -> None:
    reader = reader_of(shared)
    result = json.loads((each_recording / "result.json").read_text())
    scenario = json.loads((each_recording / "scenario.json").read_text())
    era = era_of_release(result["kernel"])
    taken, dead = moments(reader, each_recording), set()
    asked = str(scenario.get("sysctl", {}).get("vm.oom_kill_allocating_task", 0)) == "1"
    noise = 2 + noise_of(result, scenario)
    for kill in reader.kills((each_recording / "dmesg.txt").read_text()):
        at = kill["invoked_usec"] / 1e6 + result["clock_offset_ns"] / 1e9
        last = [moment for moment in taken if moment.end <= at][-1]
        # Members die with the chosen one; a brief kill has no report of its own and follows within a sample.
        if kill["kind"] in ("global", "memcg") and not asked:
            victims = [one for one in ranking(last, kill.get("memcg"), era, dead) if one.rank is not None]
            first, second = victims[0], victims[1] if len(victims) > 1 else None
            taken_one = next(one for one in victims if one.process.pid == kill["pid"])
            margin = None if second is None else (first.badness or 0) - (second.badness or 0)
            label = f"{taken_one.process.name} is no. {taken_one.rank}, margin {margin}"
            if margin is None or margin > noise + DRIFT:
                assert taken_one is first, label
            else:
                assert (first.badness or 0) - (taken_one.badness or 0) <= noise + DRIFT, label
        dead.add(kill["pid"])


@pytest.mark.parametrize("name", ["shared-mm@bookworm", "shared-mm@trixie"])
def test_processes_that_share_an_mm_are_seen(name: str, shared: Path, recording: object) -> None:
    run = recording(name)  # type: ignore[operator]
    reader = reader_of(shared)
    result = json.loads((run / "result.json").read_text())
    kill = reader.kills((run / "dmesg.txt").read_text())[0]
    at = kill["invoked_usec"] / 1e6 + result["clock_offset_ns"] / 1e9
    last = [moment for moment in moments(reader, run) if moment.end <= at][-1]
    victims = ranking(last, None, Era.E8, ())
    assert victims[0].process.pid == kill["pid"]
    processes, domain = processes_of(last.files), global_domain(parse_meminfo(last.files["/proc/meminfo"]), PAGE)
    family = {process.name for process in dies_with(victims[0], processes, None, domain, Era.E8)}
    assert family == {"host", "clone-vm"}
    assert victims[0].also_dies == 2
    # Whoever shared it is gone with it.
    after = [moment for moment in moments(reader, run) if moment.begin > at + 1][-1]
    assert not {process.name for process in processes_of(after.files) if process.memory} & {"host", "clone-vm"}


def test_forked_copies_are_not_taken_for_sharers(each_recording: Path, shared: Path) -> None:
    if each_recording.name.startswith("shared-mm"):
        pytest.skip("here they do share")
    taken = moments(reader_of(shared), each_recording)
    for moment in taken[:: max(1, len(taken) // 20)]:
        assert mm_sharers(processes_of(moment.files)) == {}


@pytest.mark.parametrize("name", ["memcg-group@bookworm", "memcg-group@trixie"])
def test_a_recorded_group_dies_as_predicted(name: str, shared: Path, recording: object) -> None:
    run = recording(name)  # type: ignore[operator]
    reader = reader_of(shared)
    kills = reader.kills((run / "dmesg.txt").read_text())
    result = json.loads((run / "result.json").read_text())
    at = kills[0]["invoked_usec"] / 1e6 + result["clock_offset_ns"] / 1e9
    last = [moment for moment in moments(reader, run) if moment.end <= at][-1]
    first = ranking(last, kills[0]["memcg"], Era.E8, ())[0]
    assert first.process.pid == kills[0]["pid"]
    assert first.also_dies == len({kill["pid"] for kill in kills}) - 1


def test_no_room_is_left_where_the_machine_killed(each_recording: Path, shared: Path) -> None:
    reader = reader_of(shared)
    result = json.loads((each_recording / "result.json").read_text())
    kills = [kill for kill in reader.kills((each_recording / "dmesg.txt").read_text()) if kill["kind"] == "global"]
    if not kills:
        pytest.skip("nobody was killed by the machine's own limit")
    at = kills[0]["invoked_usec"] / 1e6 + result["clock_offset_ns"] / 1e9
    last = [moment for moment in moments(reader, each_recording) if moment.end <= at][-1]
    memory = parse_meminfo(last.files["/proc/meminfo"])
    found = room(memory, PAGE, parse_zoneinfo(last.files["/proc/zoneinfo"]))
    # A burst takes tens of MiB between the last sample and the kill.
    assert found.total <= 0.06 * memory.mem_total


def test_layers_of_recorded_machines_leave_little_unowned(each_recording: Path, shared: Path) -> None:
    for moment in moments(reader_of(shared), each_recording)[::25]:
        parts = compose(parse_meminfo(moment.files["/proc/meminfo"]), 0)
        # Pages in flight between the counters of one CPU and all make up some MiB on these small machines.
        assert 0 <= parts.unowned <= 0.12 * parts.total
