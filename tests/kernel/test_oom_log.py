"""Reports put together from lines, in any order of loss, and logs of any size searched for them."""

import random
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardian.kernel.log_prefix import parse_log_line
from guardian.kernel.log_unwrap import Unwrapper
from guardian.kernel.oom_log import Event, OomLogParser, read_events
from guardian.kernel.oom_report import OomReport
from guardian.kernel.userspace_kill import UnitNotice, UserspaceKill

REPORT = """\
[    7.733865] renderer invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0
[    7.735277] CPU: 0 UID: 0 PID: 128 Comm: renderer Not tainted 6.12.117+deb13-cloud-amd64 #1  Debian 6.12.117-1
[    7.735673] Call Trace:
[    7.736542]  <TASK>
[    7.737211]  dump_header+0x43/0x1aa
[    7.742316] memory: usage 81920kB, limit 81920kB, failcnt 31
[    7.742506] swap: usage 0kB, limit 9007199254740988kB, failcnt 0
[    7.742530] Memory cgroup stats for /app/inner:
[    7.743255] anon 83533824
[    7.743302] file 0
[    7.743786] Tasks state (memory values in pages):
[    7.743798] [  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name
[    7.743988] [    126]     0   126     2911     2759     2560        0       199    61440        0             0 ui
[    7.744092] [    128]     0   128    16991    16711    16512        0       199   172032        0             0 renderer
[    7.744136] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/app,task_memcg=/app/inner,\
task=renderer,pid=128,uid=0
[    7.745461] Memory cgroup out of memory: Killed process 128 (renderer) total-vm:67964kB, anon-rss:66048kB, file-rss:0kB, \
shmem-rss:796kB, UID:0 pgtables:168kB oom_score_adj:0
[    7.746196] Tasks in /app are going to be killed due to memory.oom.group set
[    7.746303] Memory cgroup out of memory: Killed process 126 (ui) total-vm:11644kB, anon-rss:10240kB, file-rss:0kB, \
shmem-rss:796kB, UID:0 pgtables:60kB oom_score_adj:0
[    7.752258] Memory cgroup out of memory: Killed process 128 (renderer) total-vm:67964kB, anon-rss:66048kB, file-rss:0kB, \
shmem-rss:796kB, UID:0 pgtables:168kB oom_score_adj:0
[    7.800000] oom_reaper: reaped process 128 (renderer), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB
"""


def read(text: str | bytes) -> list[Event]:
    return list(read_events([text.encode() if isinstance(text, str) else text]))


def told(text: str) -> list[OomReport]:
    return [event for event in read(text) if isinstance(event, OomReport)]


def test_a_whole_report() -> None:
    (report,) = told(REPORT)
    assert (report.seconds, report.invoker, report.invoker_pid, report.order, report.gfp_mask) == (
        7.733865,
        "renderer",
        128,
        0,
        0xCC0,
    )
    assert report.release == "6.12.117+deb13-cloud-amd64"
    assert (report.constraint, report.memcg, report.task_memcg, report.cpuset) == ("memcg", "/app", "/app/inner", "/")
    assert (report.group, report.outcome, report.page_size) == ("/app", "killed", 4096)
    assert [(kill.pid, kill.how, kill.reaped) for kill in report.kills] == [(128, "victim", True), (126, "member", False)]
    assert report.kills[1].seconds == pytest.approx(7.746303)
    assert report.table is not None
    assert [(row.pid, row.name) for row in report.table.rows] == [(126, "ui"), (128, "renderer")]
    assert report.table.whole
    assert report.table.known
    assert report.memory is not None
    group = report.memory.group
    assert group is not None
    assert (group.usage, group.limit, group.swap_limit, group.path) == (81920 << 10, 81920 << 10, None, "/app/inner")
    assert group.stats == {"anon": 83533824, "file": 0}


def test_kill_lines_without_a_report_stand_alone() -> None:
    lines = [line for line in REPORT.splitlines() if "Killed" in line]
    first, second = told("\n".join(lines[:2]))
    assert [kill.pid for kill in first.kills] == [128]
    assert [kill.pid for kill in second.kills] == [126]
    assert first.table is None
    assert second.constraint == "memcg"


def test_a_report_without_its_kill_line_still_names_the_victim() -> None:
    (report,) = told("\n".join(line for line in REPORT.splitlines() if "Killed" not in line))
    assert [(kill.pid, kill.name, kill.how) for kill in report.kills] == [(128, "renderer", "named")]


def test_a_victim_that_was_exiting_anyway_is_no_news_without_lines() -> None:
    text = REPORT.partition("[    7.744136]")[0]
    (report,) = told(text)
    assert (report.kills, report.outcome) == ((), None)


def test_the_next_report_is_another_one() -> None:
    later = REPORT.replace("[    7.", "[   17.").replace("128", "228")
    first, second = told(REPORT + later)
    assert [kill.pid for kill in first.kills] == [128, 126]
    assert [kill.pid for kill in second.kills] == [228, 126]


def test_two_reports_pasted_together_are_told_apart_by_their_clocks() -> None:
    begun = REPORT.partition("[    7.744136]")[0]
    ended = "[ 9999.000000] Out of memory: Killed process 5 (other) total-vm:1kB, anon-rss:1kB, file-rss:0kB, shmem-rss:0kB\n"
    first, second = told(begun + ended)
    assert first.kills == ()
    assert second.kills[0].name == "other"
    assert second.table is None


def test_other_programs_do_not_speak_for_the_kernel() -> None:
    said = "Out of memory: Killed process 5 (java) total-vm:1kB, anon-rss:1kB, file-rss:0kB, shmem-rss:0kB"
    assert told(f"Jun 20 12:00:00 host java[12]: {said}\n") == []
    assert len(told(f"Jun 20 12:00:00 host kernel: {said}\n")) == 1
    assert read('Jun 20 12:00:00 host kernel: sending SIGTERM to process 5 uid 0 "a": badness 1, VmRSS 1 MiB\n') == []


def test_between_the_lines_others_may_speak() -> None:
    mixed = "".join(f"{line}\n[    7.740000] usb 1-1: new device\nfoo: bar\n" for line in REPORT.splitlines())
    assert told(mixed) == told(REPORT)


def test_a_quiet_log_gives_what_it_has_at_once() -> None:
    parser = OomLogParser()
    events = [event for line in REPORT.splitlines()[:-4] for event in parser.feed(parse_log_line(line))]
    assert events == []
    (report,) = parser.finish()
    assert isinstance(report, OomReport)
    assert report.kills[0].pid == 128
    assert parser.finish() == []


@pytest.mark.parametrize("width", [60, 72, 78, 90])
def test_lines_that_a_mail_program_broke_are_whole_again(width: int) -> None:
    def broken(line: str) -> list[str]:
        parts, rest = [], line
        while len(rest) > width and (at := rest.rfind(" ", 20, width)) > 0:
            parts.append(rest[:at])
            rest = rest[at:].lstrip() if "oom-kill:" not in rest else rest[at:]
        return [*parts, rest]

    text = "".join(f"> {part}\n" for line in REPORT.splitlines() for part in broken(line))
    (report,) = told(text)
    (whole,) = told(REPORT)
    assert report.kills == whole.kills
    assert report.table == whole.table
    assert (report.invoker, report.order, report.constraint, report.memcg) == ("renderer", 0, "memcg", "/app")


def test_nothing_is_held_back_but_one_line() -> None:
    unwrapper = Unwrapper()
    given_back = [whole.text for line in REPORT.splitlines() for whole in unwrapper.feed(parse_log_line(line))]
    assert given_back + [line.text for line in unwrapper.flush()] == [parse_log_line(line).text for line in REPORT.splitlines()]


# ---- damage ----


def victims(events: list[Event]) -> set[tuple[int | None, str]]:
    return {(kill.pid, kill.name) for event in events if isinstance(event, OomReport) for kill in event.kills}


FUZZED = ("44-k512", "14-k62", "80-el7", "97-u7", "36-k61")


@pytest.mark.parametrize("name", FUZZED)
def test_no_cut_invents_a_kill(shared: Path, name: str) -> None:
    (path,) = (shared / "oom-logs").glob(f"{name}*.log")
    text = path.read_bytes()
    whole = victims(read(text))
    assert whole
    names = dict(whole)
    for end in range(len(text)):
        for pid, victim in victims(read(text[:end])):
            # Of a name with a bracket inside, cut at that bracket, the rest cannot be known to be missing.
            assert pid in names, text[:end][-80:]
            assert names[pid] == victim or (")" in names[pid] and names[pid].startswith(victim))


@given(st.binary(max_size=2000))
def test_bytes_of_any_kind_are_no_kill(noise: bytes) -> None:
    assert victims(read(noise)) == set()


@settings(max_examples=200)
@given(st.data())
def test_damaged_reports_invent_no_name(data: st.DataObject) -> None:
    text = REPORT
    for _ in range(data.draw(st.integers(1, 5))):
        at, length = data.draw(st.integers(0, len(text))), data.draw(st.integers(0, 200))
        text = text[:at] + data.draw(st.sampled_from(["", "\n", "\n> ", " ", "\0", "\ufffd"])) + text[at + length :]
    for _, name in victims(read(text)):
        assert len(name) <= 16 or "\n" in name or " " in name


LINES = st.sampled_from(REPORT.splitlines())


@settings(max_examples=200)
@given(st.lists(LINES | st.text(max_size=40), max_size=40))
def test_lines_in_any_order_are_survived(lines: list[str]) -> None:
    assert victims(read("\n".join(lines))) <= {(128, "renderer"), (126, "ui")}


@given(st.lists(st.integers(1, 400), max_size=30))
def test_pieces_of_any_size_are_one_log(sizes: list[int]) -> None:
    text = (REPORT * 2).encode()

    def pieces() -> Iterator[bytes]:
        at = 0
        for size in sizes:
            yield text[at : at + size]
            at += size
        yield text[at:]

    assert list(read_events(pieces())) == read(text)


# ---- size ----


def filler(seed: int, size: int) -> bytes:
    rng = random.Random(seed)
    lines = [
        "Nov 23 10:00:00 host systemd[1]: Started session {} of user anna, in her room.\n",
        "Nov 23 10:00:00 host nginx: 192.168.0.{} GET /zoom/index.html HTTP/1.1 200 612\n",
        "Nov 23 10:00:00 host systemd[1]: x{}.service: Main process exited, code=exited, status=0/SUCCESS\n",
    ]
    text = "".join(rng.choice(lines).format(rng.randrange(10**6)) for _ in range(size // 80))
    return text.encode()


def test_a_report_is_found_wherever_it_stands() -> None:
    noise = filler(1, 600_000)
    expected = read(REPORT)
    for at in (0, 1, 100, 262_000, 262_144, 300_000, len(noise)):
        cut = noise.rfind(b"\n", 0, at) + 1
        assert read(noise[:cut] + REPORT.encode() + noise[cut:]) == expected


def test_what_stood_before_a_headless_table_is_its_memory() -> None:
    headless = "[    7.0] x\n[    7.700000] 2062044 pages RAM\n[    7.700001] Total swap = 8252412kB\n"
    (report,) = told(headless + REPORT.partition("Tasks state")[2])
    assert report.memory is not None
    assert (report.memory.ram_pages, report.memory.swap_total) == (2062044, 8252412 << 10)


def test_lines_are_not_told_twice_after_a_long_silence() -> None:
    assert len(told(REPORT + "\n" * 5000 + REPORT.replace("[    7.", "[   17."))) == 2


def test_memory_stays_bounded() -> None:
    noise = filler(2, 1 << 19)

    def log() -> Iterator[bytes]:
        for _ in range(40):
            yield noise
            yield REPORT.encode()

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert sum(1 for _ in read_events(log())) == 40
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000


def test_a_line_without_end_is_cut() -> None:
    endless = b"x" * (3 << 20)
    (report,) = [event for event in read(REPORT.encode() + endless + b"\n") if isinstance(event, OomReport)]
    assert report.kills[0].pid == 128


# ---- killers in user space ----


def test_earlyoom_since_1_9() -> None:
    text = (
        'Jun 20 12:00:00 h earlyoom[9]: sending SIGTERM to process 1234 uid 1000 "a "b" c": oom_score 912, oom_score_adj 0, '
        'VmRSS 800 MiB, cmdline "x y"\n'
        "Jun 20 12:00:01 h earlyoom[9]: escalating to SIGKILL after 0.5 seconds\n"
        "Jun 20 12:00:02 h earlyoom[9]: process 1234 exited after 1.1 seconds\n"
    )
    (kill,) = read(text)
    assert isinstance(kill, UserspaceKill)
    assert (kill.pid, kill.name, kill.uid, kill.score, kill.rss) == (1234, 'a "b" c', 1000, 912, 800 << 20)
    assert (kill.signal, kill.ended) == ("KILL", True)


def test_earlyoom_that_only_pretends_kills_nobody() -> None:
    text = 'sending SIGTERM to process 1234 uid 0 "a": badness 912, VmRSS 800 MiB\ndryrun, not actually sending any signal\n'
    assert read(text) == []


def test_systemd_oomd_with_its_processes() -> None:
    text = (
        "Jun 20 12:00:00 h systemd-oomd[9]: oomd attempting to kill 63 with KILL\n"
        "Jun 20 12:00:00 h systemd-oomd[9]: oomd attempting to kill 66 with KILL\n"
        "Jun 20 12:00:00 h systemd-oomd[9]: Killed /a.slice/b.scope due to memory used (1) / total (2) "
        "and swap used (3) / total (4) being more than 90.00%\n"
        "Jun 20 12:00:00 h systemd[1]: b.scope: systemd-oomd killed 2 process(es) in this unit.\n"
        "Jun 20 12:00:00 h systemd-oomd[9]: oomd dry-run: Would have tried to kill /a.slice/c.scope\n"
    )
    kill, notice = read(text)
    assert isinstance(kill, UserspaceKill)
    assert (kill.killer, kill.cgroup, kill.name, kill.pids, kill.signal) == (
        "systemd-oomd",
        "/a.slice/b.scope",
        "b.scope",
        (63, 66),
        "KILL",
    )
    assert isinstance(notice, UnitNotice)
    assert (notice.killer, notice.unit, notice.processes) == ("systemd-oomd", "b.scope", 2)


def test_systemd_bears_witness_to_the_kernels_kills() -> None:
    (notice,) = read("Jun 20 12:00:00 h systemd[1]: x.service: A process of this unit has been killed by the OOM killer.\n")
    assert notice == UnitNotice("kernel", "x.service", None, None, None)


def test_nohang() -> None:
    text = (
        "2023-08-10 16:53:26,463: TOP printed in 1ms; process with highest badness:\n"
        "  PID: 903309, name: my sqld, badness: 849\n"
        "2023-08-10 16:53:26,464: Implementing a corrective action:\n"
        "2023-08-10 16:53:26,464:   Sending SIGTERM to the victim\n"
        "2023-08-10 16:53:26,470: What happened in the last 1 sec:\n"
        "2023-08-10 16:53:26,470:   [ OK ] Sending SIGTERM to my sqld: 1\n"
    )
    (kill,) = read(text)
    assert isinstance(kill, UserspaceKill)
    assert (kill.killer, kill.pid, kill.name, kill.score, kill.signal) == ("nohang", 903309, "my sqld", 849, "TERM")


SAID = (
    *('sending SIGTERM to process 1 uid 0 "a": badness 1, VmRSS 1 MiB', "process 1 exited", "kill failed: x", "dryrun"),
    *("escalating to SIGKILL", "PID: 1, name: a, badness: 1", "Implement a corrective action:", "Sending SIGTERM to the victim"),
    *("oomd attempting to kill 1 with KILL", "Killed /a.scope due to memory pressure for /"),
)


@given(st.lists(st.sampled_from(SAID)))
def test_their_lines_in_any_order_are_survived(lines: list[str]) -> None:
    kills = [event for event in read("\n".join(lines)) if isinstance(event, UserspaceKill)]
    assert len(kills) <= len(lines)
