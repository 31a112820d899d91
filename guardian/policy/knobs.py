"""The switches that matter when memory runs out, and what each is for.

Source: Documentation/admin-guide/sysctl/vm.rst, kernel.rst; Documentation/admin-guide/mm/ (zswap, multigen_lru, transhuge).
"""

from typing import Literal, NamedTuple

from guardian.kernel.sysctl import MemorySettings
from guardian.protocol.i18n import N_
from guardian.protocol.sysctls import SYSCTLS

Unit = Literal["number", "kbytes", "percent", "seconds", "milliseconds", "switch", "word"]
Value = int | str | bool | None


class Knob(NamedTuple):
    """One switch: its name as sysctl(8) writes it, its unit, and two marked texts: what it is about, and how it works.

    `usual` is the kernel's own value, None where the kernel reckons it or there is none.
    """

    key: str
    unit: Unit
    about: str
    text: str
    usual: int | None = None

    @property
    def settable(self) -> bool:
        """Whether the helper sets it; all others are explained."""
        return self.key in SYSCTLS

    @property
    def field(self) -> str:
        """Its name in MemorySettings."""
        return _FIELDS.get(self.key, self.key.partition(".")[2])


_FIELDS = {"vm.page-cluster": "page_cluster", "kernel.panic": "kernel_panic", "vm.oom-kill": "oom_kill"}

KNOBS: tuple[Knob, ...] = (
    Knob(
        "vm.overcommit_memory", "number", N_("what the kernel may promise"),
        N_("Programs reserve more memory than they use. Mode 0 refuses single requests that could never be had, mode 1 refuses "
           "none, and mode 2 promises no more than a limit: then programs are refused, with memory still free, not ended."),
        0,
    ),
    Knob(
        "vm.overcommit_ratio", "percent", N_("how much of the memory mode 2 promises"),
        N_("The limit of mode 2 is this share of the memory that is no huge pages, plus all swap. It counts in no other mode."),
        50,
    ),
    Knob(
        "vm.panic_on_oom", "number", N_("stop the machine instead of ending a program"),
        N_("0 ends a program. 1 stops the whole kernel when the machine's memory is out, 2 also when only a cgroup's or a node's "
           "is. kernel.panic then says whether it starts again."), 0,
    ),
    Knob(
        "vm.oom_kill_allocating_task", "number", N_("whom the kernel ends"),
        N_("0 chooses by points, that is by memory held. 1 ends whoever asks next, without looking at anybody else; in a cgroup "
           "it is ignored."), 0,
    ),
    Knob(
        "vm.swappiness", "number", N_("programs or file cache first"),
        N_("What reclaim takes first: 100 means that a page of a program and one of the file cache cost the same to bring back, "
           "less spares programs, more spares the cache. It is no threshold and no share of memory."), 60,
    ),
    Knob(
        "vm.min_free_kbytes", "kbytes", N_("what the kernel keeps for itself"),
        N_("So much stays free for the kernel's own urgent needs, and the marks at which reclaim begins lie above it. Too little "
           "and drivers fail under load, too much and programs are ended while memory lies idle.")
    ),
    Knob(
        "vm.watermark_scale_factor", "number", N_("how early reclaim begins"),
        N_("The distance between the marks at which background reclaim wakes and rests, in 1/10000 of memory. The larger, the "
           "earlier it begins, and the less often a program has to stop and reclaim for itself."), 10,
    ),
    Knob(
        "vm.oom-kill", "number", N_("the off switch of RHEL 4"),
        N_("Only RHEL 4 had it: 0 turned the killer off. No other kernel has such a switch. Nearest are panic_on_oom (the "
           "machine stops), overcommit mode 2 (programs are refused), and an adjustment of −1000 for single programs."), 1,
    ),
    Knob(
        "vm.overcommit_kbytes", "kbytes", N_("the limit of mode 2 as a size"),
        N_("Takes the ratio's place where it is not 0; setting one of the two sets the other to 0. Swap still comes on top."), 0,
    ),
    Knob(
        "kernel.panic", "seconds", N_("start again after the kernel has stopped"),
        N_("After so many seconds a stopped kernel starts the machine again; below 0 at once, 0 never."), 0,
    ),
    Knob(
        "vm.oom_dump_tasks", "number", N_("the table of programs in the log"),
        N_("1 writes all programs with their memory into the log at each kill, so that the choice can be checked later."), 1,
    ),
    Knob(
        "vm.page-cluster", "number", N_("pages read at once from swap"),
        N_("Each page that comes back from swap brings its neighbours along: 2 to the power of this many in all. It pays where "
           "seeking is dear, as on a disk that turns."), 3,
    ),
    Knob(
        "vm.admin_reserve_kbytes", "kbytes", N_("kept for root in mode 2"),
        N_("So much is promised to administrators alone, that they can log in and end something. It counts in mode 2, and before "
           "Linux 5.2 in mode 0."),
    ),
    Knob(
        "vm.user_reserve_kbytes", "kbytes", N_("kept from each large program in mode 2"),
        N_("A program may not take the last of the promises: a 32nd of its own size is left to others, at most this much. Mode 2 "
           "alone."),
    ),
    Knob(
        "zswap", "switch", N_("compressed pool in front of swap on a disk"),
        N_("Pages on their way to swap are compressed and kept in memory first. Set by the kernel parameter zswap.enabled, or in "
           "/sys/module/zswap/parameters/enabled."),
    ),
    Knob(
        "lru_gen.min_ttl_ms", "milliseconds", N_("protects what was just used"),
        N_("The multi-generational LRU keeps what was used within this time; when nothing older is left, a program is ended "
           "instead of all standing still. In /sys/kernel/mm/lru_gen/min_ttl_ms."), 0,
    ),
    Knob(
        "transparent_hugepage", "word", N_("pages of 2 MiB by themselves"),
        N_("“always” gives them to every program, which may then hold memory that it never uses; “madvise” gives them to those "
           "that ask. In /sys/kernel/mm/transparent_hugepage/enabled."),
    ),
    Knob(
        "oom_adj", "word", N_("the old form of oom_score_adj"),
        N_("Deprecated since Linux 2.6.36: −17 … 15, translated into oom_score_adj with a loss. Use oom_score_adj; OOM Guardian "
           "does."),
    ),
)  # fmt: skip
BY_KEY = {knob.key: knob for knob in KNOBS}
SETTABLE = tuple(knob.key for knob in KNOBS if knob.settable)


def number_of(key: str, settings: MemorySettings) -> int | None:
    """The number of a settable switch; None where this kernel has none."""
    found: int | None = getattr(settings, BY_KEY[key].field)
    return found
