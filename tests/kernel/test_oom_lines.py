"""The kernel's own sentences about OOM kills, by era, with names that mock them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.kernel import oom_lines
from guardian.kernel.oom_lines import Choice, Invocation, KillLine, Verdict
from guardian.kernel.oom_table import parse_row, parse_table_head

K = 1024
NAMES = [
    "",
    "x",
    "Web Content",
    ")",
    "(sd-pam)",
    "a) b",
    "x) total-vm:",
    "()()())",
    "runc:[2:INIT]",
    "name, UID 1,",
    "ä\ufffd",
    "a\nb",
]
MODERN = "total-vm:67964kB, anon-rss:66048kB, file-rss:4kB, shmem-rss:796kB, UID:1000 pgtables:168kB oom_score_adj:-300"


@pytest.mark.parametrize("name", NAMES)
def test_the_one_line_of_today(name: str) -> None:
    kill = oom_lines.parse_kill(f"Memory cgroup out of memory: Killed process 128 ({name}) {MODERN}")
    assert kill == KillLine(
        128,
        name,
        "Memory cgroup out of memory",
        total_vm=67964 * K,
        anon_rss=66048 * K,
        file_rss=4 * K,
        shmem_rss=796 * K,
        page_tables=168 * K,
        uid=1000,
        oom_score_adj=-300,
    )


@pytest.mark.parametrize(
    "text, kill",
    [
        ("Out of Memory: Killed process 2592 (mysqld).", KillLine(2592, "mysqld", "Out of Memory")),
        ("Out of memory: Killed process 815 (apache2).", KillLine(815, "apache2", "Out of memory")),
        ("No available memory in cpuset: Killed process 8 (a).", KillLine(8, "a", "No available memory in cpuset")),
        ("No available memory (MPOL_BIND): Killed process 8 (a)", KillLine(8, "a", "No available memory (MPOL_BIND)")),
        ("Killed process 815 (apache2)", KillLine(815, "apache2")),
        (
            "Killed process 40738, UID 27, (mysqld) total-vm:6kB, anon-rss:5kB, file-rss:4kB",
            KillLine(40738, "mysqld", total_vm=6 * K, anon_rss=5 * K, file_rss=4 * K, uid=27),
        ),
        (
            "Killed process 21945 (tidb-server), UID 1000, total-vm:6kB, anon-rss:5kB, file-rss:4kB, shmem-rss:0kB",
            KillLine(21945, "tidb-server", total_vm=6 * K, anon_rss=5 * K, file_rss=4 * K, shmem_rss=0, uid=1000),
        ),
        (
            "Out of memory (oom_kill_allocating_task): Killed process 9 (a) total-vm:6kB, anon-rss:5kB",
            KillLine(9, "a", "Out of memory (oom_kill_allocating_task)", total_vm=6 * K, anon_rss=5 * K),
        ),
    ],
)
def test_kill_lines_of_every_era(text: str, kill: KillLine) -> None:
    assert oom_lines.parse_kill(text) == kill


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Killed process",
        "Killed process x (y)",
        "Killed process 12",
        "Killed process 12 (Web Cont",
        "would have killed process 749 (x), but continuing instead...",
        "grep 'Killed process 12 (x)'",
        'audit: a2="Out of memory: Killed process 12 (x)"',
        "Killed process \\\\d+ (.+) total-vm:",
        "I saw Out of memory: Killed process 12 (x) in my log",
    ],
)
def test_what_only_speaks_of_kills_is_none(text: str) -> None:
    assert oom_lines.parse_kill(text) is None


@pytest.mark.parametrize(
    "text, choice",
    [
        (
            "Out of Memory: Kill process 814 (apache2) score 51234 and children.",
            Choice("Out of Memory", 814, "apache2", 51234, sharing=False),
        ),
        (
            "Out of memory: kill process 814 (apache2) score 5 or a child",
            Choice("Out of memory", 814, "apache2", 5, sharing=False),
        ),
        (
            "Memory cgroup out of memory: Kill process 1 (a) score 3) score 905 or sacrifice child",
            Choice("Memory cgroup out of memory", 1, "a) score 3", 905, sharing=False),
        ),
        ("Kill process 77 (x) sharing same memory", Choice(None, 77, "x", None, sharing=True)),
    ],
)
def test_choices(text: str, choice: Choice) -> None:
    assert oom_lines.parse_choice(text) == choice
    assert oom_lines.parse_choice(text[:25]) is None


@pytest.mark.parametrize(
    "text, asked",
    [
        ("oom-killer: gfp_mask=0xd0", Invocation(None, 0xD0, None, None)),
        ("X invoked oom-killer: gfp_mask=0x201d2, order=0, oomkilladj=0", Invocation("X", 0x201D2, 0, None)),
        (
            "tmux: server invoked oom-killer: gfp_mask=0xd0, order=-1, oom_score_adj=-17",
            Invocation("tmux: server", 0xD0, -1, -17),
        ),
        (
            "a invoked oom-killer: gfp_mask=0x14200ca(GFP_HIGHUSER_MOVABLE), nodemask=(null), order=3, oom_score_adj=1000",
            Invocation("a", 0x14200CA, 3, 1000),
        ),
        ("mem_on_node0 invoked oom-killer", Invocation("mem_on_node0", None, None, None)),
        ("the kernel invoked oom-killer: it happens", None),
        ("oom-killer: disabled", None),
        ('+\tpr_warn("%s invoked oom-killer: gfp_mask=%#x(%pGg), order=%d', None),
    ],
)
def test_who_asked(text: str, asked: Invocation | None) -> None:
    assert oom_lines.parse_invocation(text) == asked


def test_the_summary_since_5_0() -> None:
    text = (
        "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=a,b,mems_allowed=0-1,oom_memcg=/app,task_memcg=/app/in,ner,"
        "task=Web, Content,pid=128,uid=1000"
    )
    assert oom_lines.parse_verdict(text) == Verdict("memcg", "/app", "/app/in,ner", "a,b", "0-1", None, "Web, Content", 128, 1000)
    other = "oom-kill:constraint=CONSTRAINT_NONE,nodemask=1,cpuset=/,mems_allowed=0,global_oom,task_memcg=/u,task=a,pid=1,uid=0"
    assert oom_lines.parse_verdict(other) == Verdict("none", None, "/u", "/", "0", "1", "a", 1, 0)


@given(st.integers(0, 160))
def test_a_summary_that_breaks_off_names_nobody_else(end: int) -> None:
    text = "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,task_memcg=/u,task=a,pid=12345,uid=0"
    verdict = oom_lines.parse_verdict(text[:end])
    assert verdict is None or verdict.pid in {None, 12345}


def test_other_lines() -> None:
    assert oom_lines.parse_reaped("oom_reaper: reaped process 12 (a) b), now anon-rss:0kB") == (12, "a) b")
    assert oom_lines.parse_reaped("oom_reaper: unable to reap pid:1240 (x)") is None
    assert oom_lines.parse_group("Tasks in /a b are going to be killed due to memory.oom.group set") == "/a b"
    assert oom_lines.parse_limit_of("Task in /1/2 killed as a result of limit of /1") == ("/1/2", "/1")


def test_messages_without_newlines_between() -> None:
    text = "Killed process 9 (a)Out of memory: kill process 12 (q) score 7 or a childKilled process 12 (q)"
    assert oom_lines.split_glued(text) == [
        "Killed process 9 (a)",
        "Out of memory: kill process 12 (q) score 7 or a child",
        "Killed process 12 (q)",
    ]


@given(st.text(max_size=15).filter(lambda name: "\0" not in name), st.integers(0, 1 << 22), st.integers(0, 1 << 40))
def test_every_name_is_read_back(name: str, pid: int, kib: int) -> None:
    kill = oom_lines.parse_kill(
        f"Out of memory: Killed process {pid} ({name}) total-vm:{kib}kB, anon-rss:1kB, file-rss:2kB, shmem-rss:3kB"
    )
    assert kill is not None
    assert (kill.pid, kill.name, kill.total_vm) == (pid, name, kib * K)


WORDS = (
    *("Out of memory: ", "Killed process ", "Kill process ", "12", " (a", ") ", "total-vm:1kB", "oom-kill:", ",task=", ",pid="),
    *("constraint=CONSTRAINT_NONE", ",uid=0", " invoked ", "oom-killer: ", "gfp_mask=0x1", "score 1 or a child", "\n"),
)


@given(st.text() | st.lists(st.sampled_from(WORDS)).map("".join))
def test_no_text_is_too_odd(text: str) -> None:
    for piece in oom_lines.split_glued(text):
        for parse in (
            oom_lines.parse_kill,
            oom_lines.parse_choice,
            oom_lines.parse_invocation,
            oom_lines.parse_verdict,
            oom_lines.parse_reaped,
            oom_lines.parse_group,
            oom_lines.parse_limit_of,
        ):
            parse(piece)


HEADS = (
    "[ pid ]   uid  tgid total_vm      rss cpu oom_adj oom_score_adj name",
    "[ pid ]   uid  tgid total_vm      rss nr_ptes nr_pmds swapents oom_score_adj name",
    "[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name",
)
LINES = (
    "[  788]     0   788     2671        1   7     -17         -1000 udevd",
    "[ 4358]  1000  4358  28  17    55      13  107             0 my bash",
    "[    128]     0   128    16991    16711    16512        0       199   172032        5             0 r",
)


def test_rows_of_every_table() -> None:
    first, second, third = (parse_row(row, parse_table_head(head) or ()) for head, row in zip(HEADS, LINES, strict=True))
    assert first is not None
    assert second is not None
    assert third is not None
    assert (first.pid, first.total_vm, first.rss, first.oom_adj, first.oom_score_adj, first.name) == (
        788,
        2671,
        1,
        -17,
        -1000,
        "udevd",
    )
    assert (first.swap_entries, first.page_table_pages, first.page_table_bytes) == (None, None, None)
    assert (second.page_table_pages, second.swap_entries, second.name) == (68, 107, "my bash")
    assert (third.rss_anon, third.rss_file, third.rss_shmem, third.page_table_bytes, third.swap_entries) == (
        16512,
        0,
        199,
        172032,
        5,
    )


@pytest.mark.parametrize(
    "row", ["", "[ 1]", "[ 1] 2", "[ 1]  0  1  2  3  4  5  6", "[ 1]  0  1  2  3  4  5  x name", "1 0 1 2 3"]
)
def test_rows_that_break_off_are_none(row: str) -> None:
    for head in HEADS:
        assert parse_row(row, parse_table_head(head) or ()) is None
    assert parse_row(row, ()) is None
    assert parse_row(row, ("pid", "name")) is None


@given(st.text() | st.text("[] 0123456789pidname"), st.text())
def test_no_row_is_too_odd(row: str, head: str) -> None:
    for columns in (parse_table_head(head), parse_table_head(f"[ pid ] {head}"), *map(parse_table_head, HEADS)):
        parse_row(row, columns or ())
