"""What the kernel grants: each release and mode by hand, and against real mmap calls here."""

import ctypes
import mmap
import os
import resource
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.kernel.meminfo import MemInfo, parse_meminfo
from guardian.kernel.release import parse_release
from guardian.kernel.sysctl import MemorySettings
from guardian.kernel.zoneinfo import Zone
from guardian.model.overcommit import Caller, Machine, commit_limit, grant, total_reserve_pages

PAGE = 4096
# In pages: 100 000 of RAM, 20 000 of swap, 5000 of them used; 40 000 free; 30 000 of cache, 2000 of it shared.
MEMORY = MemInfo(
    mem_total=100_000 * PAGE, mem_free=40_000 * PAGE, buffers=3_000 * PAGE, cached=26_000 * PAGE, swap_cached=1_000 * PAGE,
    swap_total=20_000 * PAGE, swap_free=15_000 * PAGE, shmem=2_000 * PAGE, s_reclaimable=4_000 * PAGE,
    committed_as=50_000 * PAGE, huge_page_bytes=10_000 * PAGE,
)  # fmt: skip
SETTINGS = MemorySettings(
    overcommit_memory=0, overcommit_ratio=50, overcommit_kbytes=0, admin_reserve_kbytes=8192, user_reserve_kbytes=131072
)
ZONES = (Zone(0, "DMA", 0, 10, 20, 30, 500, (0, 5_000)), Zone(0, "Normal", 0, 600, 800, 1_000, 99_500, (0, 0)))
ADMIN = Caller(admin=True)


def machine(release: str, mode: int | None = 0, **more: object) -> Machine:
    settings = SETTINGS._replace(overcommit_memory=mode)
    return Machine(MEMORY, settings, parse_release(release), PAGE, ZONES)._replace(**more)  # type: ignore[arg-type]


def limit_in_pages(where: Machine, caller: Caller | None = None) -> int | None:
    limit = grant(1, where, caller).limit
    return None if limit is None else limit // PAGE


@pytest.mark.parametrize(
    "release,caller,pages",
    [
        # RAM and swap, nothing else.
        ("5.2.0", Caller(), 120_000),
        ("7.2.13", ADMIN, 120_000),
        # 40 000 + 30 000 - 2000 + 15 000 + 4000 = 87 000, less 1500 kept back, less 2048 for admins.
        ("5.1.0", Caller(), 87_000 - 1_500 - 2_048 - 1),
        ("5.1.0", ADMIN, 87_000 - 1_500 - 1),
        ("3.10.0", ADMIN, 87_000 - 1_500 - 1),
        # A 32nd less before 3.10: 85 500 - 2671.
        ("3.2.0", Caller(), 85_500 - 2_671 - 1),
        # 49 000 - 1531, and 38 500 - 1203.
        ("2.6.24", Caller(), 47_469 + 37_297 - 1),
        ("2.6.24", ADMIN, 49_000 + 38_500 - 1),
        ("2.6.11", ADMIN, 49_000 + 40_000 - 1),
        # Swap cache twice.
        ("2.4.20", Caller(), 40_000 + 30_000 + 15_000 + 1_000 - 1),
    ],
)
def test_the_heuristic_of_each_release(release: str, caller: Caller, pages: int) -> None:
    assert limit_in_pages(machine(release), caller) == pages
    assert limit_in_pages(machine(release, None), caller) == pages


def test_the_zones_keep_pages_back() -> None:
    # DMA keeps all its 500 pages, Normal its high watermark.
    assert total_reserve_pages(ZONES) == 1_500
    assert total_reserve_pages([ZONES[0]._replace(managed=None)]) == 5_030


def test_nothing_is_granted_where_less_is_left_than_kept_back() -> None:
    poor = MemInfo(mem_total=100_000 * PAGE, mem_free=1_000 * PAGE)
    assert grant(1, machine("4.19.0", memory=poor)) == (
        False, 0, 0, "Mode 0 guesses that only 0 B could be had now, too little for 1 B.",
    )  # fmt: skip


@pytest.mark.parametrize("release", ["2.4.20", "2.6.24", "4.4.0", "6.1.0"])
def test_mode_1_grants_everything(release: str) -> None:
    assert grant(1 << 60, machine(release, 1)).allowed
    assert grant(1 << 60, machine(release, 1)).limit is None


def test_24_knew_no_mode_2() -> None:
    assert grant(1 << 60, machine("2.4.20", 2)).limit is None


@pytest.mark.parametrize(
    "release,caller,more,pages",
    [
        # Half of 90 000, and 20 000 of swap: 65 000; promised 50 000.
        ("6.1.0", ADMIN, {}, 15_000 - 1),
        ("6.1.0", Caller(), {}, 15_000 - 2_048 - 1),
        # A 32nd of the caller's size, at most the user's reserve.
        ("6.1.0", Caller(admin=True, vm_size=64_000 * PAGE), {}, 15_000 - 2_000 - 1),
        ("6.1.0", Caller(admin=True, vm_size=1 << 50), {"user_reserve_kbytes": 4_000}, 15_000 - 1_000 - 1),
        ("6.1.0", ADMIN, {"overcommit_ratio": 80}, 42_000 - 1),
        ("6.1.0", ADMIN, {"overcommit_ratio": None}, 15_000 - 1),
        ("6.1.0", ADMIN, {"overcommit_kbytes": 200_000}, 20_000 - 1),
        ("6.1.0", ADMIN, {"overcommit_ratio": 0}, 0),
        # 45 000 less a 32nd, and 64 000 / 32.
        ("2.6.24", Caller(vm_size=64_000 * PAGE), {}, 45_000 - 1_406 + 20_000 - 2_000 - 50_000 - 1),
        ("2.6.24", ADMIN, {}, 15_000 - 1),
    ],
)
def test_mode_2_promises_so_much_in_all(release: str, caller: Caller, more: dict[str, int], pages: int) -> None:
    where = machine(release, 2)
    where = where._replace(settings=where.settings._replace(**more))
    assert limit_in_pages(where, caller) == pages


def test_the_reasons_name_the_numbers() -> None:
    where = machine("6.1.0", 2)
    assert grant(PAGE, where, ADMIN).reason == "Mode 2 promises at most 253.9 MiB; 195.3 MiB are promised, so 58.6 MiB are left."
    assert (
        grant(1 << 30, where, ADMIN).reason
        == "Mode 2 promises at most 253.9 MiB and 195.3 MiB are promised; 1.0 GiB more do not fit."
    )
    assert (
        grant(1 << 30, machine("6.1.0")).reason == "Mode 0 refuses a single request larger than RAM and swap together, 468.8 MiB."
    )


@given(
    st.integers(1, 1 << 34),
    st.sampled_from(["2.4.20", "2.6.11", "2.6.24", "3.2.0", "4.19.0", "6.18.0"]),
    st.sampled_from([0, 1, 2]),
    st.integers(0, 1 << 30),
    st.booleans(),
)
def test_the_limit_is_where_granting_ends(size: int, release: str, mode: int, free: int, admin: bool) -> None:
    where = machine(release, mode, memory=MEMORY._replace(mem_free=free, committed_as=free))
    answer = grant(size, where, Caller(admin))
    assert answer.allowed == (answer.limit is None or -(-size // PAGE) * PAGE <= answer.limit)
    if answer.limit is not None:
        assert grant(answer.limit, where, Caller(admin)).allowed
        assert not grant(answer.limit + 1, where, Caller(admin)).allowed


LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.mmap.restype = ctypes.c_void_p
LIBC.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
LIBC.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]


def granted(size: int) -> bool:
    at = LIBC.mmap(None, size, mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
    if at in (None, ctypes.c_void_p(-1).value):
        return False
    LIBC.munmap(at, size)
    return True


def setting(name: str) -> int:
    return int(Path(f"/proc/sys/vm/{name}").read_text())


@pytest.fixture(scope="module")
def here() -> Machine:
    names = ("overcommit_memory", "overcommit_ratio", "overcommit_kbytes", "admin_reserve_kbytes", "user_reserve_kbytes")
    memory = parse_meminfo(Path("/proc/meminfo").read_text())
    settings = MemorySettings(**{name: setting(name) for name in names})
    return Machine(memory, settings, parse_release(os.uname().release), os.sysconf("SC_PAGE_SIZE"))


def test_the_commit_limit_is_the_kernels_own(here: Machine) -> None:
    assert commit_limit(here) == here.memory.commit_limit


def test_the_limit_is_where_mmap_fails(here: Machine) -> None:
    limit = grant(1, here).limit
    if limit is None:
        pytest.skip("vm.overcommit_memory is 1 here, nothing is refused")
    if here.settings.overcommit_memory != 0 or here.release < (5, 2):
        pytest.skip("the limit moves with the machine's load here")
    if resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY:
        pytest.skip("RLIMIT_AS is set here and refuses earlier")
    assert granted(limit)
    assert not granted(limit + here.page_size)
