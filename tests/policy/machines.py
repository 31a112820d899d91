"""Machines of many kinds, as advice sees them."""

from guardian.kernel.meminfo import MemInfo
from guardian.kernel.reclaim_switches import ReclaimSwitches
from guardian.kernel.release import parse_release
from guardian.kernel.sysctl import MemorySettings
from guardian.kernel.zoneinfo import Zone
from guardian.model.overcommit import Machine
from guardian.policy.boot_values import BootValue
from guardian.policy.machine_profile import MachineProfile

PAGE, KIB, MIB, GIB = 4096, 1 << 10, 1 << 20, 1 << 30
USUAL = MemorySettings(
    overcommit_memory=0, overcommit_ratio=50, overcommit_kbytes=0, panic_on_oom=0, oom_kill_allocating_task=0, oom_dump_tasks=1,
    min_free_kbytes=67584, watermark_scale_factor=10, swappiness=60, page_cluster=3, admin_reserve_kbytes=8192,
    user_reserve_kbytes=131072, kernel_panic=0,
)  # fmt: skip
MODERN = ReclaimSwitches(zswap=False, lru_gen=7, lru_min_ttl=0, huge_pages="madvise", oom_adj=True)


def zones_of(ram: int) -> tuple[Zone, ...]:
    """DMA, DMA32 and Normal, as x86-64 divides memory."""
    pages = ram // PAGE
    dma, low = 3840, min(772_917, max(0, pages - 3840))
    sizes = (("DMA", dma), ("DMA32", low), ("Normal", max(0, pages - dma - low)))
    return tuple(Zone(0, name, size // 2, 0, 0, 0, size, (0,)) for name, size in sizes if size)


def profile_of(
    gib: float,
    *,
    zram: float = 0,
    disk: float = 0,
    promised: float = 4,
    huge: float = 0,
    release: str = "6.12.9",
    switches: ReclaimSwitches = MODERN,
    desktop: bool = False,
    container: bool = False,
    boot: dict[str, BootValue] | None = None,
    **settings: int | None,
) -> MachineProfile:
    """A machine of so many GiB; `settings` are those that are not the kernel's own."""
    ram, swap = int(gib * GIB), int((zram + disk) * GIB)
    memory = MemInfo(
        mem_total=ram, mem_free=ram // 2, mem_available=ram * 6 // 10, swap_total=swap, swap_free=swap,
        committed_as=int(promised * GIB), huge_page_bytes=int(huge * GIB), cached=ram // 10, shmem=0, s_reclaimable=0,
    )  # fmt: skip
    usual = USUAL._replace(**settings)
    machine = Machine(memory, usual, parse_release(release), PAGE, zones_of(ram))
    return MachineProfile(machine, switches, int(zram * GIB), int(disk * GIB), desktop, container, boot or {})


_OLD = ReclaimSwitches(huge_pages="always", oom_adj=True)
_KEPT = {"vm.overcommit_memory": BootValue("1", "etc/sysctl.d/30-redis.conf", 1)}

MACHINES: dict[str, MachineProfile] = {
    "laptop, 4 GiB, zram": profile_of(
        3.7, zram=3.7, promised=5, desktop=True, switches=MODERN._replace(huge_pages="always")
    ),
    "laptop, 16 GiB, zram": profile_of(15.5, zram=8, promised=18.6, desktop=True),
    "desktop, 8 GiB, swap on a disk": profile_of(7.6, disk=8, promised=6, desktop=True),
    "desktop, 32 GiB, zswap before a disk": profile_of(
        31, disk=16, promised=12, desktop=True, switches=MODERN._replace(zswap=True, huge_pages="always")
    ),
    "desktop, 32 GiB, zram and a disk": profile_of(31, zram=8, disk=32, promised=12, desktop=True, swappiness=100),
    "desktop, zram with zswap before it": profile_of(
        15.5, zram=8, desktop=True, swappiness=180, watermark_scale_factor=125, page_cluster=0,
        switches=MODERN._replace(zswap=True),
    ),
    "desktop, strict and too tight": profile_of(15.5, disk=8, promised=15.4, desktop=True, overcommit_memory=2),
    "desktop, everything turned": profile_of(
        15.5, disk=8, desktop=True, overcommit_memory=1, panic_on_oom=1, oom_kill_allocating_task=1, oom_dump_tasks=0,
        swappiness=180, min_free_kbytes=4 << 20, watermark_scale_factor=1000,
    ),
    "workstation, 512 GiB, no swap": profile_of(503, promised=120, desktop=True, switches=MODERN._replace(huge_pages="always")),
    "server, 64 GiB, swap on a disk": profile_of(62.7, disk=8, promised=30, swappiness=10),
    "database, 128 GiB, huge pages, strict": profile_of(
        125.6, disk=16, promised=40, huge=64, overcommit_memory=2, overcommit_ratio=80, swappiness=1
    ),
    "Redis, 16 GiB, mode 1 on purpose": profile_of(15.5, promised=9, overcommit_memory=1, boot=_KEPT),
    "cluster node, 256 GiB, restarts": profile_of(251, promised=100, panic_on_oom=2, kernel_panic=10),
    "virtual machine, 2 GiB, no swap": profile_of(1.9, promised=1, min_free_kbytes=45056, kernel_panic=1),
    "single-board computer, 1 GiB, zram": profile_of(
        0.9, zram=0.45, promised=0.6, min_free_kbytes=4096, user_reserve_kbytes=30000,
        switches=MODERN._replace(huge_pages=None, lru_gen=0),
    ),
    "container of another's machine": profile_of(31, promised=12, container=True),
    "Linux 3.10, 8 GiB, swappiness 0": profile_of(
        7.6, disk=8, release="3.10.0-1160.el7.x86_64", swappiness=0, watermark_scale_factor=None, switches=_OLD
    ),
    "Linux 2.6.9 of RHEL 4, killer off": profile_of(
        1, disk=2, promised=1, release="2.6.9-34.ELsmp", oom_kill=0, panic_on_oom=None,
        watermark_scale_factor=None, min_free_kbytes=957,
        oom_kill_allocating_task=None, oom_dump_tasks=None, admin_reserve_kbytes=None, user_reserve_kbytes=None,
        overcommit_kbytes=None, switches=ReclaimSwitches(oom_adj=True),
    ),
}  # fmt: skip
