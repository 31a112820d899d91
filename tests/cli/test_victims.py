"""`guardian victims`: the contract's JSON, the table, hostile names, hidden processes."""

import json
import os
import pwd
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]

KEYS = [
    *("rank", "pid", "start_ticks", "name", "user", "cgroup", "badness", "share", "oom_score", "kernel_oom_score"),
    *("oom_score_adj", "rss_anon", "rss_file", "rss_shmem", "swap", "page_tables", "unkillable"),
]
WHOLE = {"pid", "start_ticks", "badness", "oom_score", "kernel_oom_score", "oom_score_adj"}
SIZES = {"rss_anon", "rss_file", "rss_shmem", "swap", "page_tables"}
GIB = 1 << 30


def told(guardian: Run, *args: object) -> dict[str, Any]:
    said = guardian(*args, "--json")
    assert (said.code, said.err) == (0, "")
    found: dict[str, Any] = json.loads(said.out)
    return found


def victims(guardian: Run, root: Any, *args: object) -> dict[str, Any]:
    return told(guardian, "--root", root.folder, "victims", *args)


def test_keys_and_kinds_are_the_contract(guardian: Run) -> None:
    found = told(guardian, "victims", "--all")
    assert list(found)[:6] == [
        "schema",
        "time",
        "kernel",
        "page_size",
        "total_pages",
        *(["unreadable"] if "unreadable" in found else ["victims"]),
    ]
    assert found["schema"] == 1
    assert found["kernel"]["release"] == os.uname().release
    assert set(found["kernel"]["verified"]) == {"checked", "exact"}
    assert found["page_size"] == os.sysconf("SC_PAGE_SIZE")
    for row in found["victims"]:
        assert list(row) == KEYS
        assert isinstance(row["name"], str)
        assert isinstance(row["user"], str | None)
        assert (row["rank"] is None) == (row["unkillable"] is not None)
        for key in WHOLE if row["rank"] is not None else WHOLE - {"badness"}:
            assert type(row[key]) is int, (key, row)
        for key in SIZES:
            assert isinstance(row[key], int | None), (key, row)
    mine = next(row for row in found["victims"] if row["pid"] == os.getpid())
    assert mine["user"] == pwd.getpwuid(os.getuid()).pw_name
    assert mine["rss_anon"] > 0


def test_ranking_of_a_known_machine(guardian: Run, fake_root: Any) -> None:
    found = victims(guardian, fake_root)
    assert [(row["rank"], row["name"]) for row in found["victims"]] == [(1, "code"), (2, "firefox"), (3, "bash")]
    code = found["victims"][0]
    assert code["badness"] == (GIB + (64 << 10)) // found["page_size"] + 300 * (found["total_pages"] // 1000)
    assert code["oom_score"] == code["kernel_oom_score"]
    assert code["share"] == pytest.approx(code["badness"] / found["total_pages"])
    assert code["cgroup"] == "/user.slice/app.scope"
    assert found["total_pages"] == fake_root.total
    assert found["kernel"]["verified"] == {"checked": 5, "exact": 5}
    assert found["kernel"]["era"] == "E8 (5.9+)"


def test_all_names_the_reason_of_those_never_ended(guardian: Run, fake_root: Any) -> None:
    rows = {row["name"]: row for row in victims(guardian, fake_root, "--all")["victims"]}
    assert rows["init"]["unkillable"] == "init"
    assert rows["sshd"]["unkillable"] == "oom_score_adj -1000"
    assert rows["sshd"]["rank"] is None
    assert rows["sshd"]["oom_score"] == 0


def test_n_takes_the_first(guardian: Run, fake_root: Any) -> None:
    assert [row["rank"] for row in victims(guardian, fake_root, "-n", 2)["victims"]] == [1, 2]


def test_table_has_plain_words_with_the_kernels_beside(guardian: Run, fake_root: Any) -> None:
    said = guardian("--root", fake_root.folder, "victims", "--all")
    assert (said.code, said.err) == (0, "")
    assert "\x1b" not in said.out
    for word in (
        "Points",
        "badness",
        "Memory",
        "Adjust",
        "oom_score_adj",
        "+300",
        "−1000",
        "scores agree with the kernel: 5 of 5",
    ):
        assert word in said.out, word
    lines = said.out.splitlines()
    assert lines[2].split()[:3] == ["1", "code", "200"]


def test_hostile_names_do_not_break_the_terminal(guardian: Run, fake_root: Any) -> None:
    fake_root.add(600, b"a) R 1 (b", rss=3 * GIB)
    fake_root.add(601, b"two\nlines", rss=3 * GIB)
    fake_root.add(602, b"\x1b[2J\x07[red]x", rss=3 * GIB)
    fake_root.add(603, b"\xff\xfe", rss=3 * GIB)
    fake_root.add(604, "\u202eabc".encode(), rss=3 * GIB)
    fake_root.add(605, b"", rss=3 * GIB)
    said = guardian("--root", fake_root.folder, "victims")
    assert (said.code, said.err) == (0, "")
    assert not any(ord(char) < 32 and char != "\n" for char in said.out)
    assert "\u202e" not in said.out
    assert "two\\nlines" in said.out
    assert "a) R 1 (b" in said.out
    assert "[red]x" in said.out
    names = {row["pid"]: row["name"] for row in victims(guardian, fake_root)["victims"]}
    assert names[601] == "two\nlines"
    assert names[605] == ""


@pytest.fixture
def hiding_root(machine_in: Callable[[Path], Any]) -> Iterator[Any]:
    """A machine in a folder that everybody may enter, of which one process may be read by nobody but root."""
    with tempfile.TemporaryDirectory(prefix="guardian-test-") as folder:
        os.chmod(folder, 0o755)
        root = machine_in(Path(folder) / "root")
        root.add(100, "open", rss=GIB)
        root.add(101, "hidden", rss=2 * GIB)
        for file in (root.folder / "proc/101").iterdir():
            file.chmod(0)
        before = os.geteuid()
        if before == 0:
            os.seteuid(65534)
        yield root
        os.seteuid(before)


def test_hidden_processes_are_said_to_be_missing(guardian: Run, hiding_root: Any) -> None:
    found = victims(guardian, hiding_root)
    assert found["unreadable"] == 1
    assert [row["name"] for row in found["victims"]] == ["open"]
    said = guardian("--root", hiding_root.folder, "victims")
    assert "1 process of another user may not be read" in said.out
    one = guardian("--root", hiding_root.folder, "explain", 101)
    assert (one.code, one.out) == (1, "")
    assert "101: not permitted" in one.err


def test_a_vanished_or_broken_process_is_left_out(guardian: Run, fake_root: Any) -> None:
    fake_root.write("proc/700/comm", "half\n")
    fake_root.write("proc/701/stat", "garbage")
    rows = victims(guardian, fake_root, "--all")["victims"]
    assert not {700, 701} & {row["pid"] for row in rows}


def test_an_unknown_user_is_a_number(guardian: Run, fake_root: Any) -> None:
    fake_root.add(800, "stranger", rss=3 * GIB, uid=3_999_999_001)
    users = {row["name"]: row["user"] for row in victims(guardian, fake_root)["victims"]}
    assert users["stranger"] == "3999999001"


def test_free_lists_who_would_end_until_so_much_is_free(guardian: Run, fake_root: Any) -> None:
    found = victims(guardian, fake_root, "--free", "2GiB")
    assert [row["name"] for row in found["victims"]] == ["code", "firefox"]
    assert found["free"]["wanted"] == 2 * GIB
    assert found["free"]["enough"] is True
    assert found["victims"][1]["cumulative"] == found["free"]["reached"] >= 2 * GIB
    assert found["victims"][0]["ends"][0]["pid"] == 200
    all_of_them = victims(guardian, fake_root, "--free", "1T")
    assert all_of_them["free"]["enough"] is False
    said = guardian("--root", fake_root.folder, "victims", "--free", "2GiB")
    assert "2 kills give back 3.0 GiB." in said.out


def test_a_machine_without_proc_is_one_line(guardian: Run, tmp_path: Any) -> None:
    said = guardian("--root", tmp_path, "victims")
    assert (said.code, said.out, said.err.count("\n")) == (1, "", 1)
    assert "/proc is not there" in said.err or "/proc/meminfo is not there" in said.err


def test_memcg_ranks_by_its_own_limit(guardian: Run, fake_root: Any) -> None:
    fake_root.write("proc/self/mountinfo", "29 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n")
    fake_root.write("sys/fs/cgroup/cgroup.controllers", "memory\n")
    folder = "sys/fs/cgroup/box"
    for name, text in {"memory.max": f"{2 * GIB}\n", "memory.current": f"{GIB}\n", "memory.swap.max": "0\n"}.items():
        fake_root.write(f"{folder}/{name}", text)
    fake_root.add(900, "boxed", rss=GIB // 2, adj=100, cgroup="/box")
    found = victims(guardian, fake_root, "--memcg", "/box")
    assert found["memcg"] == "/box"
    assert found["total_pages"] == 2 * GIB // found["page_size"]
    assert [row["name"] for row in found["victims"]] == ["boxed"]
    said = guardian("--root", fake_root.folder, "victims", "--memcg", "nowhere")
    assert said.code == 1
    assert "no such memory cgroup" in said.err
    assert "/box" in said.err


@pytest.mark.parametrize(
    "width,left_out", [("120", set()), ("100", {"Score"}), ("80", {"Score", "User"}), ("64", {"Score", "User", "Ends", "Memory"})]
)
def test_a_narrow_terminal_drops_columns_instead_of_cutting_them(
    guardian: Run, fake_root: Any, monkeypatch: pytest.MonkeyPatch, width: str, left_out: set[str]
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    said = guardian("--root", fake_root.folder, "victims")
    heads = set(said.out.splitlines()[0].split())
    assert heads == {"#", "Program", "PID", "User", "Points", "Memory", "Adjust", "Score", "Ends"} - left_out
    assert "…" not in said.out
    assert max(len(line) for line in said.out.splitlines()) <= int(width)
