"""The kernel's choice made again from its own reports: real ones of every era, and what a report leaves open."""

from pathlib import Path

import pytest

from guardian.kernel.oom_log import read_events
from guardian.kernel.oom_report import OomReport
from guardian.model.era import Era
from guardian.model.forensics import Forensics
from guardian.model.history import Kill
from guardian.model.rescoring import eras_of, rank_again, rescore

# What comes out for each report with a table, in its log's order.  None only where the log itself is odd: 10 has no end, 13 has
# columns of no released kernel, 17 and 80 name neither kernel nor memory while all rows stand at one floor, el6 tables do not
# tell what is in swap.  False: 18 is a broken test kernel, 40 is cut and its largest row belongs to one that was dying.
VERDICTS: dict[str, list[bool | None]] = {
    "01": [True], "02": [True, True], "03": [True], "04": [True], "05": [True], "06": [True], "07": [True, True], "08": [True],
    "11": [True], "12": [True], "13": [None], "14": [True, True], "16": [True], "17": [None], "18": [False], "22": [True],
    "23": [True], "26": [True], "27": [True], "28": [True], "39": [True], "40": [False], "44": [True], "50": [True],
    "51": [True], "52": [True], "54": [True], "55": [None], "57": [None, None], "58": [True], "59": [True], "60": [True],
    "61": [True], "71": [True], "72": [True], "73": [True], "74": [None], "75": [None], "76": [None], "78": [True, True],
    "79": [True], "80": [None], "81": [True], "91": [None],
}  # fmt: skip

TABLE = """\
[  100.000000] {asker} invoked oom-killer: gfp_mask=0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP), order=0, oom_score_adj=0
[  100.000001] CPU: 0 PID: 7 Comm: {asker} Not tainted {release} #1
[  100.000002] Mem-Info:
[  100.000003] active_anon:100 inactive_anon:200000 isolated_anon:0
[  100.000004] Node 0 DMA: 0*4kB 1*8kB = 8kB
[  100.000005] Free swap  = {free}kB
[  100.000006] Total swap = {swap}kB
[  100.000007] {ram} pages RAM
[  100.000008] 0 pages reserved
[  100.000009] [  pid  ]   uid  tgid total_vm  rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name
{rows}
[  100.000011] oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/a,task=x,\
pid={pid},uid=0
[  100.000012] Out of memory: Killed process {pid} (x) total-vm:{vm}kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB, UID:0 \
pgtables:4kB oom_score_adj:0
"""


def report_of(
    rows: list[tuple[int, int, int, int]],
    pid: int,
    *,
    release: str = "6.12.9-test",
    swap: int = 0,
    ram: int = 1_000_000,
) -> OomReport:
    """A report with rows of (pid, rss, swapents, adj) in pages, in which `pid` died."""
    lines = "\n".join(
        f"[  100.000010] [{one:7d}]  0 {one:5d}  {rss + 500:7d} {rss:8d} {rss:8d}  0  0  4096  {swapped}  {adj}  p{one}"
        for one, rss, swapped, adj in rows
    )
    vm = next((rss + 500 for one, rss, _swapped, _adj in rows if one == pid), 1000) * 4
    text = TABLE.format(asker="asker", release=release, free=0, swap=swap, ram=ram, rows=lines, pid=pid, vm=vm)
    (event,) = read_events([text.encode()])
    assert isinstance(event, OomReport)
    return event


def judged(path: Path) -> list[Kill]:
    judge = Forensics()
    return [kill for event in read_events([path.read_bytes()]) if (kill := judge.judge(event)) is not None]


@pytest.mark.parametrize("number", VERDICTS)
def test_real_reports_agree_wherever_they_are_whole(shared: Path, number: str) -> None:
    (path,) = (shared / "oom-logs").glob(f"{number}-*.log")
    with_table = [
        event for event in read_events([path.read_bytes()]) if isinstance(event, OomReport) and event.kills and event.table
    ]
    tables = {event.kills[0].pid for event in with_table}
    verdicts = [kill.rescored.agrees for kill in judged(path) if kill.killer == "kernel" and kill.victim.pid in tables]
    assert verdicts == VERDICTS[number]


def test_every_report_of_every_recording_agrees(shared: Path) -> None:
    logs = sorted(shared.glob("recordings/*/dmesg.txt"))
    if not logs:
        pytest.skip(f"{shared / 'recordings'} is missing")
    verdicts = [
        (log.parent.name, kill.rescored.agrees)
        for log in logs
        for kill in judged(log)
        if kill.rescored.candidates and not log.parent.name.startswith("allocating-task")
    ]
    assert len(verdicts) > 50
    assert [one for one in verdicts if one[1] is not True] == []


def test_the_largest_agrees_and_another_does_not() -> None:
    rows = [(10, 5000, 0, 0), (11, 90_000, 0, 0), (12, 300_000, 0, 0)]
    right = rescore(report_of(rows, 12))
    assert (right.agrees, right.era, right.total_pages) == (True, Era.E8, 1_000_000)
    assert [(one.rank, one.pid, one.ended) for one in right.candidates] == [(1, 12, True), (2, 11, False), (3, 10, False)]
    wrong = rescore(report_of(rows, 11))
    assert wrong.agrees is False
    assert "p12 (12)" in wrong.why


def test_swap_and_adjustment_count() -> None:
    assert rescore(report_of([(10, 100_000, 0, 0), (11, 10, 90_000, 20)], 11)).agrees is True
    assert rescore(report_of([(10, 100_000, 0, 0), (11, 10, 90_000, 0)], 11)).agrees is False


def test_those_at_the_lowest_adjustment_are_never_taken() -> None:
    verdict = rescore(report_of([(10, 900_000, 0, -1000), (11, 1000, 0, 0)], 11))
    assert verdict.agrees is True
    assert verdict.candidates[-1][:4] == (None, 10, "p10", None)
    assert rescore(report_of([(10, 900_000, 0, -1000), (11, 1000, 0, 0)], 10)).agrees is False


def test_of_equals_the_later_row_since_5_2_and_the_earlier_before() -> None:
    rows = [(10, 50_000, 0, 0), (11, 50_001, 0, 0), (12, 50_001, 0, 100)]
    tie = [(10, 50_000, 0, 0), (11, 50_000, 0, 0)]
    assert rescore(report_of(rows, 12)).agrees is True
    # Equal in every number they may share one memory, so neither choice is wrong.
    assert rescore(report_of(tie, 10)).agrees is True
    assert rescore(report_of(tie, 11)).candidates[0].pid == 11
    assert rescore(report_of(tie, 11, release="4.19.100")).candidates[0].pid == 10


def test_nearly_equal_is_not_called_wrong() -> None:
    verdict = rescore(report_of([(10, 100_000, 0, 0), (11, 100_100, 0, 0)], 10))
    assert verdict.agrees is None
    assert "Too near" in verdict.why


def test_one_killed_before_is_passed_over() -> None:
    rows = [(10, 900_000, 0, 0), (11, 1000, 0, 0)]
    assert rescore(report_of(rows, 11)).agrees is False
    assert rescore(report_of(rows, 11), dead={10}).agrees is True


def test_a_victim_that_is_not_listed_cannot_be_judged() -> None:
    verdict = rescore(report_of([(10, 1000, 0, 0)], 99))
    assert verdict.agrees is None
    assert len(verdict.candidates) == 1


def test_the_kernel_is_told_by_its_columns_where_no_release_is() -> None:
    report = report_of([(10, 1000, 0, 0)], 10)
    assert eras_of(report._replace(release=None)) == (Era.E8,)
    assert report.table is not None
    for columns, eras in (
        (("pid", "nr_ptes", "swapents"), (Era.E4, Era.E5)),
        (("pid", "nr_ptes", "nr_pmds"), (Era.E5,)),
        (("pid", "cpu", "oom_adj", "oom_score_adj"), (Era.E3,)),
        (("pid", "rss"), ()),
    ):
        assert eras_of(report._replace(release=None, table=report.table._replace(columns=columns))) == eras


def test_what_if_on_the_past() -> None:
    report = report_of([(10, 5000, 0, 0), (11, 300_000, 0, 0), (12, 90_000, 0, 100)], 11)
    assert rescore(report).agrees is True
    pinned = rank_again(report, {11: -500})
    assert [one.pid for one in pinned] == [12, 10, 11]
    # With 10 GiB more the +100 of pid 12 weighs 361,000 pages and not 100,000.
    assert [one.pid for one in rank_again(report, {}, 10 << 30)][:2] == [12, 11]
    assert rank_again(report._replace(table=None), {}) == ()
