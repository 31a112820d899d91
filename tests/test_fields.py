"""The one declaration of what can be shown."""

import os
import pwd

import pytest

from guardian import fields
from guardian.kernel.meminfo import MemInfo
from guardian.kernel.process import Process, ProcessKey, ProcessMemory
from guardian.model.composition import Composition
from guardian.model.domain import OomDomain
from guardian.model.era import Era
from guardian.model.victim import Victim
from guardian.sampling.sample import Sample
from guardian.sampling.snapshot import Snapshot

MIB = 1 << 20
CODE = Process(
    ProcessKey(6120, 912345),
    "code",
    1,
    "S",
    0,
    12,
    uid=os.getuid(),
    memory=ProcessMemory(812 * MIB, 94 * MIB, 22 * MIB, 118 * MIB, 6 * MIB),
    oom_score_adj=300,
    oom_score=895,
    cgroup="/user.slice/user-1000.slice/user@1000.service/app.slice/app-code.scope",
)
FIRST = Victim(1, CODE, badness=8271 * MIB // 4096, share=0.34, oom_score=895, also_dies=21)
SPARED = Victim(
    None, CODE._replace(key=ProcessKey(812, 5), oom_score_adj=-1000, oom_score=0), None, None, 0, "oom_score_adj -1000"
)
UNREADABLE = Victim(7, CODE._replace(key=ProcessKey(9, 6), memory=None, uid=None, cgroup=None, oom_score=None), None, None, None)


def snapshot(*victims: Victim) -> Snapshot:
    sample = Sample(0.0, 0.0, 4096, MemInfo(16 << 30, 8 << 30), None, None, None, None, None, None, ())
    domain = OomDomain("global", 6_000_000, 4096)
    layers = Composition(16 << 30, 0, 0, 0, 0, None, 0, 0, 0)
    growth = {CODE.key: 2 * MIB / 60}
    return Snapshot(sample, "6.12.9", Era.E8, None, domain, layers, 0, 0, 0, victims, growth)


def cells(victim: Victim, **more: object) -> dict[str, str]:
    (row,) = fields.rows_of(snapshot(victim))
    row = row._replace(**more)
    return {field.name: field.cell(row) for field in fields.COLUMNS}


def test_a_row_reads_as_in_the_picture() -> None:
    shown = cells(FIRST)
    assert shown["rank"] == "1"
    assert shown["name"] == "code"
    assert shown["user"] == pwd.getpwuid(os.getuid()).pw_name
    assert (shown["points"], shown["memory"], shown["oom_score_adj"], shown["score"]) == ("8.08", "1.03", "+300", "895")
    assert (shown["growth"], shown["ends"], shown["oomd_swap_rank"]) == ("+2", "22", "—")
    assert shown["unit"] == "app-code.scope"


def test_the_unkillable_have_no_points_and_say_why() -> None:
    shown = cells(SPARED)
    assert (shown["rank"], shown["points"], shown["oom_score_adj"], shown["ends"]) == ("—", "—", "−1000", "—")
    assert shown["unkillable"] == "oom_score_adj -1000"


def test_unknown_is_never_zero() -> None:
    shown = cells(UNREADABLE)
    for name in ("points", "memory", "user", "score", "swap", "frees", "unit", "cgroup", "growth", "started", "command_line"):
        assert shown[name] == "—", name


def test_a_hostile_name_stays_on_its_line() -> None:
    evil = FIRST._replace(process=CODE._replace(name="a\n\x1b[2Jb"))
    assert cells(evil)["name"] == "a\\n\\x1b[2Jb"


def test_json_fields_are_the_contract() -> None:
    (row,) = fields.rows_of(snapshot(FIRST))
    told = {field.name: field.value(row) for field in fields.JSON_FIELDS}
    assert tuple(told) == (
        *("rank", "pid", "start_ticks", "name", "user", "cgroup", "badness", "share", "oom_score", "kernel_oom_score"),
        *("oom_score_adj", "rss_anon", "rss_file", "rss_shmem", "swap", "page_tables", "unkillable"),
    )
    assert (told["rss_anon"], told["page_tables"], told["start_ticks"]) == (812 * MIB, 6 * MIB, 912345)


def test_names_are_unique_and_columns_in_the_order_of_the_look() -> None:
    names = [field.name for field in fields.FIELDS]
    assert len(set(names)) == len(names)
    visible = [f"{f.title} {f.unit}".strip() for f in fields.COLUMNS if not f.hidden]
    assert visible == [
        *("#", "Program", "PID", "User", "Points memory + adjustment", "Points GiB", "Memory GiB", "Adjust", "Score"),
        *("Growth MiB/min", "oomd swap", "oomd pressure", "Ends with it"),
    ]
    assert {"unit", "command_line", "swap", "rss_shmem", "started", "origin"} <= {f.name for f in fields.COLUMNS if f.hidden}


def test_start_comes_from_boot_time_and_ticks() -> None:
    (row,) = fields.rows_of(snapshot(FIRST), boot_time=1_000_000.0)
    assert row.started == pytest.approx(1_000_000 + 912345 / os.sysconf("SC_CLK_TCK"))
    assert fields.BY_NAME["started"].cell(row).startswith("1970-01-1")


@pytest.mark.parametrize(
    "path,unit",
    [
        ("/user.slice/user-1000.slice/user@1000.service/app.slice/vte-1.scope", "vte-1.scope"),
        ("/system.slice/cron.service", "cron.service"),
        ("/user.slice/user-0.slice", "user-0.slice"),
        ("/docker/4f2c", None),
        ("/", None),
        (None, None),
    ],
)
def test_the_unit_is_the_innermost_one(path: str | None, unit: str | None) -> None:
    assert fields.unit_of(path) == unit


def test_an_unknown_uid_stays_a_number() -> None:
    known = {entry.pw_uid for entry in pwd.getpwall()}
    stranger = next(uid for uid in range(3_000_000_001, 3_000_100_000) if uid not in known)
    assert fields.user_name(stranger) == str(stranger)


def test_points_of_the_per_mille_era_are_shares_of_all_memory() -> None:
    old = snapshot(FIRST._replace(badness=500, share=0.5))._replace(era=Era.E3)
    (row,) = fields.rows_of(old)
    assert fields.points_of(row) == pytest.approx(6_000_000 * 4096 / 2, rel=1e-6)
