"""Real logs of every era and every kind of damage, and texts that only look like them."""

import csv
import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from guardian.kernel.oom_log import Event, read_events
from guardian.kernel.oom_report import OomReport
from guardian.kernel.userspace_kill import UserspaceKill

# Who was killed in each log, by what its text says; the index that lies beside the logs says the same in prose.
# Two of them end before anybody was: 10 and 33 in the middle of a report, 97-ua before nohang sent its signal.
KILLED: dict[str, list[tuple[int | None, str]]] = {
    "01": [(15307, "syz-executor")],
    "02": [(348, "polkitd"), (304, "NetworkManager")],
    "03": [(268, "polkitd")],
    "04": [(350, "polkitd")],
    "05": [(14622, "ioctl_sg01")],
    "06": [(20972, "min_free_kbytes")],
    "07": [(108, "tail"), (107, "tail")],
    "08": [(2102, "531")],
    "09": [(454, "dbus-daemon")],
    "10": [],
    "11": [(4257, "afl-fuzz")],
    "13": [(13135, "a.out")],
    "14": [(13432, "mem_on_node1"), (2614, "mem_on_node0")],
    "15": [(2746, "leaker"), (2746, "leaker"), (3206, "leaker")],
    "16": [(210, "stress")],
    "17": [(5740, "pause")],
    "18": [(1155, "dbus-daemon")],
    "19": [(177737, "adb"), (177738, "sh"), (177739, "adb"), (177740, "sh"), (177742, "adb")],
    "20": [],
    "21": [],
    "22": [(1122, "stress")],
    "23": [(128824, "rsync"), (128825, "rsync")],
    "24": [(1324, "dd")],
    "25": [(4100, "containerd")],
    "26": [(116849, "alloc_anon")],
    "27": [(10192, "agent:amservice")],
    "28": [(177372, "test_zswap")],
    "29": [(649, "fio")],
    "30": [(649, "fio")],
    "31": [(None, "packagekit.service")],
    "32": [(7637, "syz-executor"), (284, "syz-executor")],
    "33": [],
    "34": [(11280, "memcg_test_1")],
    "35": [(292673, "pahole")],
    "36": [(4503, "(sd-pam)")],
    "37": [],
    "38": [(5701, "oom-torture")],
    "39": [(33365, "cc1plus")],
    "40": [(305071, "oom03")],
    "41": [(13542, "hugemmap34")],
    "42": [(446171, "ioctl_sg01")],
    "43": [(946, "test_memcontrol")],
    "44": [(19289, "memcg_process")],
    "45": [],
    "50": [(3499662, "postmaster")],
    "51": [(1040, "mariadbd")],
    "52": [(517, "clamd")],
    "54": [(3117813, "cache-main")],
    "55": [(40738, "mysqld")],
    "56": [(13929, "php-fpm"), (14278, "php-fpm")],
    "57": [(14358, "php-fpm"), (14361, "php-fpm"), (14362, "php-fpm")],
    "58": [(473206, "doxygen")],
    "59": [(3902942, "php-fpm")],
    "60": [(6576, "mysqld")],
    "61": [(651, "unattended-upgr")],
    "70": [],
    "71": [(4342, "resvtest")],
    "72": [(4358, "bash")],
    "73": [(24387, "stress")],
    "74": [(738, "f951")],
    "75": [(18992, "httpd.worker")],
    "76": [(16944, "mingetty")],
    "77": [(8120, "java")],
    "78": [(2376, "mal-80"), (2439, "mal-80")],
    "79": [(3897, "stress")],
    "80": [(30866, "oom")],
    "81": [(53549, "palo_be")],
    "82": [(13792, "l502.exe")],
    "83": [],
    "84": [(pid, "mozilla-bin") for pid in (18432, 18443, 18444, 18445, 18447, 30410)],
    "85": [(None, "rsync")],
    "86": [(None, "watchdog"), (None, "watchdog")],
    "87": [(19271, "trashapplet"), (12475, "qemu")],
    "88": [],
    "89": [],
    "90": [(5346, "gdmgreeter")],
    "91": [(14095, "mruby")],
    "92": [(194515, "mongod")],
    "93": [(18177, "palo_be")],
    "94": [(2953, "python")],
    "95": [(16492, "openresty")],
    "96": [],
    "97-u1": [(None, "vte-spawn-dbb4a75e-031f-480d-924b-5de5af7579d2.scope")],
    "97-u2": [(None, "testsuite-55-testbloat.service")],
    "97-u3": [(None, "systemd-journald.service")],
    "97-u4": [],
    "97-u5": [],
    "97-u6": [(29410, "cluster"), (11567, "electron")],
    "97-u7": [(28367, "python3"), (28367, "python3")],
    "97-u8": [(696, "ipfs"), (696, "ipfs")],
    "97-u9": [(2595764, "cellxgene")],
    "97-ua": [],
    "97-ub": [(12297, "tail")],
}
CONSTRAINTS = {
    "cpuset": ("14", "25"),
    "mempolicy": ("13",),
    "memcg": (
        "01",
        "07",
        "11",
        "12",
        "15",
        "16",
        "17",
        "19",
        "22",
        "23",
        "24",
        "26",
        "28",
        "40",
        "43",
        "44",
        "59",
        "78",
        "80",
        "93",
    ),
    "global": ("02", "08", "18", "27", "39", "50", "55", "58", "60", "61", "71", "75", "82", "87", "90"),
}
KILLERS = {"31": "systemd-oomd", "97-u1": "systemd-oomd", "97-u3": "systemd-oomd", "97-u6": "earlyoom", "97-ub": "nohang"}


def killed(events: Iterable[Event]) -> list[tuple[int | None, str]]:
    named: list[tuple[int | None, str]] = []
    for event in events:
        if isinstance(event, OomReport):
            named += [(kill.pid, kill.name) for kill in event.kills]
        elif isinstance(event, UserspaceKill):
            named.append((event.pid, event.name))
    return named


def the_log(shared: Path, number: str) -> list[Event]:
    (path,) = (shared / "oom-logs").glob(f"{number}-*.log")
    return list(read_events([path.read_bytes()]))


def reports(shared: Path, number: str) -> list[OomReport]:
    return [event for event in the_log(shared, number) if isinstance(event, OomReport)]


@pytest.mark.parametrize("number", KILLED)
def test_every_kill_of_a_log_is_found_and_no_other(shared: Path, number: str) -> None:
    assert killed(the_log(shared, number)) == KILLED[number]


def test_every_log_is_judged(shared: Path) -> None:
    files = {path.name for path in (shared / "oom-logs").glob("*.log")}
    known = {name for name in files for number in (*KILLED, "12", "99-neg") if name.startswith(f"{number}-")}
    assert files == known
    with (shared / "oom-logs" / "INDEX.tsv").open(encoding="utf-8") as lines:
        assert {row["file"] for row in csv.DictReader(lines, delimiter="\t")} == files


def test_look_alikes_yield_none(shared: Path) -> None:
    look_alikes = sorted((shared / "oom-logs").glob("99-neg-*.log"))
    assert len(look_alikes) == 12
    assert {path.name: killed(read_events([path.read_bytes()])) for path in look_alikes} == {
        path.name: [] for path in look_alikes
    }


@pytest.mark.parametrize("constraint", CONSTRAINTS)
def test_under_which_limit_it_happened(shared: Path, constraint: str) -> None:
    for number in CONSTRAINTS[constraint]:
        for report in reports(shared, number):
            if report.kills and report.kills[0].reason is not None:
                assert (number, report.constraint) == (number, constraint)


def test_who_killed(shared: Path) -> None:
    for number, killer in KILLERS.items():
        assert {event.killer for event in the_log(shared, number) if isinstance(event, UserspaceKill)} == {killer}


def test_two_that_claim_one_kill_are_both_heard(shared: Path) -> None:
    early, kernel = the_log(shared, "97-u7")
    assert isinstance(early, UserspaceKill)
    assert isinstance(kernel, OomReport)
    assert (early.killer, early.signal, early.ended, early.score) == ("earlyoom", "TERM", True, 698)
    assert (kernel.kills[0].score, kernel.kills[0].anon_rss) == (714, 12083484 * 1024)


def test_a_group_dies_with_its_victim(shared: Path) -> None:
    (report,) = reports(shared, "12")
    assert report.group == "/build-kernel-tmpfs"
    assert report.kills[0][:4] == (5646, "cc1", "Memory cgroup out of memory", "victim")
    assert {kill.how for kill in report.kills[1:]} == {"member"}
    # The mail repeats some of the 39 lines.
    assert len(report.kills) == len({kill.pid for kill in report.kills}) == 39


def test_a_child_dies_for_its_parent(shared: Path) -> None:
    report = reports(shared, "76")[0]
    assert report.kills[0].how == "child"
    assert (report.kills[0].chosen_pid, report.kills[0].chosen_name, report.kills[0].score) == (15947, "init", 1)


def test_who_asked_and_was_taken(shared: Path) -> None:
    (report,) = reports(shared, "75")
    assert report.allocating_task
    assert report.constraint == "global"
    assert (report.kills[0].uid, report.kills[0].score) == (48, 0)


def test_kernels_that_panic_kill_nobody(shared: Path) -> None:
    assert [report.outcome for report in reports(shared, "01")] == ["killed", "panic"]
    assert [report.outcome for report in reports(shared, "09")] == ["killed", "panic"]
    assert [report.outcome for report in reports(shared, "20")] == ["panic"]


def test_odd_names_are_whole(shared: Path) -> None:
    assert reports(shared, "29")[1].invoker == "tmux: server"
    assert reports(shared, "25")[0].invoker == "runc:[2:INIT]"
    assert reports(shared, "54")[0].invoker == "in:imjournal"
    assert reports(shared, "25")[0].reaped[-1] == (8291, "runc:[2:INIT]")


# Rows that the index counted by the lines of each file, where the table is whole.
ROWS = {
    "01": 169, "02": 63, "03": 55, "04": 32, "05": 38, "06": 35, "07": 22, "08": 44, "09": 41, "10": 30, "11": 3, "12": 153,
    "13": 4, "16": 3, "17": 21, "18": 64, "20": 4, "22": 2, "23": 2, "26": 1, "28": 1, "44": 1, "50": 158, "51": 69, "52": 35,
    "54": 35, "55": 793, "57": 1628, "58": 112, "59": 73, "60": 85, "61": 23, "71": 33, "72": 1, "73": 2, "74": 22, "75": 35,
    "76": 11, "78": 8, "79": 2, "80": 5, "81": 14, "91": 1, "27": 378, "39": 124,
}  # fmt: skip


def test_tables_are_read_whole(shared: Path) -> None:
    tables = {number: [report.table for report in reports(shared, number) if report.table] for number in ROWS}
    assert {number: sum(len(table.rows) for table in found) for number, found in tables.items()} == ROWS
    assert all(table.whole for found in tables.values() for table in found)
    assert {number for number, found in tables.items() if not all(table.known for table in found)} == {"13"}


def test_rows_without_a_heading_are_not_guessed(shared: Path) -> None:
    tables = [report.table for report in reports(shared, "56")]
    assert tables == [None] * len(tables)


def test_victims_of_whole_tables_agree_with_their_rows(shared: Path) -> None:
    compared = 0
    for number in ROWS:
        for report in reports(shared, number):
            rows = {row.pid: row for row in report.table.rows} if report.table else {}
            for kill in report.kills:
                row = rows.get(kill.pid or 0)
                if row is None or kill.total_vm is None or report.page_size is None:
                    continue
                assert kill.total_vm == pytest.approx(row.total_vm * report.page_size, rel=0.001)
                # People and terminals changed names in these: one renamed, one marked with an arrow, one cut.
                assert kill.name == row.name or number in {"22", "60", "81"}
                compared += 1
    assert compared > 40


def test_the_size_of_a_page_is_the_reports_own(shared: Path) -> None:
    assert reports(shared, "28")[0].page_size == 65536
    assert reports(shared, "58")[0].page_size == 4096
    assert reports(shared, "10")[0].page_size is None


def test_memory_at_the_time(shared: Path) -> None:
    (report,) = reports(shared, "60")
    memory = report.memory
    assert memory is not None
    assert memory.pages["active_anon"] == 7355653
    assert memory.pages["slab_unreclaimable"] == 13708
    assert (memory.ram_pages, memory.reserved_pages) == (8379834, 192987)
    assert (memory.swap_total, memory.swap_free) == (8388604 * 1024, 0)
    assert [(zone.node, zone.name) for zone in memory.zones] == [(0, "DMA"), (0, "DMA32"), (0, "Normal"), (1, "Normal")]
    assert memory.zones[2].sizes["min"] == 36784 * 1024
    (report,) = reports(shared, "16")
    assert report.memory is not None
    assert report.memory.group is not None
    assert report.memory.group.limit == 1 << 20
    assert report.memory.group.stats


def test_the_recordings_own_kernels_agree(shared: Path) -> None:
    logs = sorted(shared.glob("recordings/*/dmesg.txt"))
    if not logs:
        pytest.skip(f"{shared / 'recordings'} is missing")
    found = 0
    for log in logs:
        told = json.loads((log.parent / "result.json").read_text())["kills"]
        events = [event for event in read_events([log.read_bytes()]) if isinstance(event, OomReport)]
        read = {
            (kill.pid, kill.name, "memcg" if event.constraint == "memcg" else "global")
            for event in events
            for kill in event.kills
        }
        expected = {(kill["pid"], kill["victim"], "memcg" if kill.get("memcg") else "global") for kill in told}
        assert {each[:2] for each in read} == {each[:2] for each in expected}, log.parent.name
        assert {each for each in expected if each not in read and each[2] == "memcg"} == set(), log.parent.name
        found += len(read)
    assert found >= 50
