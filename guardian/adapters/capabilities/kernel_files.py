"""What the kernel lets this user read: scores, other people's processes, pressure, memory cgroups."""

from guardian.adapters.capabilities.capability import Capability, lacks, untold, works
from guardian.kernel.errors import KernelFileError
from guardian.kernel.mounts import MemoryHierarchy, memory_hierarchy, read_mounts
from guardian.kernel.process import CAP_SYS_RESOURCE, parse_status
from guardian.kernel.tree import KernelTree
from guardian.protocol.i18n import _
from guardian.protocol.quantities import format_bytes
from guardian.sampling.snapshot import Snapshot

HIDING = frozenset({"1", "2", "4", "noaccess", "invisible", "ptraceable"})


def kernel_capabilities(tree: KernelTree, snapshot: Snapshot | None) -> tuple[Capability, ...]:
    """What can be read below the tree's root; `snapshot` is one judged sample of it, None where none could be taken."""
    return (
        _scores(snapshot),
        _score_files(tree),
        _other_users(tree, snapshot),
        _pressure(tree),
        _cgroups(tree),
        _lowering(tree),
        _swap(snapshot),
    )


def _scores(snapshot: Snapshot | None) -> Capability:
    title = _("Same scores as the kernel")
    if snapshot is None or snapshot.verification is None or not snapshot.verification.checked:
        return untold("scores", title, _("No process could be compared."))
    checked, exact = snapshot.verification
    says = _("{exact} of {checked} scores agree with kernel {release} (rules since {era}).").format(
        exact=exact, checked=checked, release=snapshot.release, era=snapshot.era.value
    )
    return Capability("scores", title, exact >= 0.95 * checked, says)


def _score_files(tree: KernelTree) -> Capability:
    title = _("Scores readable")
    try:
        tree.read("proc/self/oom_score")
        tree.read("proc/self/oom_score_adj")
    except KernelFileError as error:
        says = _("/{path}: {reason}.").format(path=error.path, reason=error.reason)
        return lacks("oom_score", title, says, _("Mount /proc; kernels from 2.6.36 on have these files."))
    return works("oom_score", title, _("oom_score and oom_score_adj can be read."))


def _other_users(tree: KernelTree, snapshot: Snapshot | None) -> Capability:
    title = _("Other users' processes")
    hidden = _hidepid(tree)
    unreadable = snapshot.sample.unreadable if snapshot is not None else 0
    if hidden is not None:
        says = _("/proc is mounted with hidepid={value}: processes of others may be missing from every list.").format(
            value=hidden
        )
        get = _("Join the group named by gid= of that mount, or: sudo mount -o remount,hidepid=0 /proc")
        return Capability("other_users", title, unreadable == 0 and _sees_init(tree), says, get)
    if unreadable:
        says = _("{count} processes are listed but may not be read.").format(count=unreadable)
        return lacks("other_users", title, says, _("Run it as the user who owns them, or as root."))
    return works("other_users", title, _("All processes can be read."))


def _hidepid(tree: KernelTree) -> str | None:
    for mount in read_mounts(tree):
        if mount.kind == "proc" and mount.point == "/proc":
            for option in mount.options:
                name, _equals, value = option.partition("=")
                if name == "hidepid" and value in HIDING:
                    return value
    return None


def _sees_init(tree: KernelTree) -> bool:
    return tree.read_or_none("proc/1/status") is not None


def _pressure(tree: KernelTree) -> Capability:
    title = _("Pressure (PSI)")
    try:
        tree.read("proc/pressure/memory")
    except KernelFileError:
        get = _("Start the kernel with psi=1 (4.20 or newer, CONFIG_PSI).")
        return lacks("psi", title, _("/proc/pressure/memory is not there: stalls cannot be seen."), get)
    return works("psi", title, _("Time lost to waiting for memory can be read."))


def _cgroups(tree: KernelTree) -> Capability:
    title = _("Memory cgroups")
    hierarchy = memory_hierarchy(read_mounts(tree))
    if hierarchy is None or not _controls_memory(tree, hierarchy):
        get = _("Start the kernel with cgroup_enable=memory and cgroup v2 (systemd.unified_cgroup_hierarchy=1).")
        return lacks("memory_cgroups", title, _("No hierarchy limits memory: limits per program are unknown."), get)
    if hierarchy.version == 1:
        says = _("Version 1 at {point}: limits are known; pressure per group and groups that die together are not.")
        get = _("Start the kernel with systemd.unified_cgroup_hierarchy=1 for version 2.")
        return works("memory_cgroups", title, says.format(point=hierarchy.point), get)
    return works("memory_cgroups", title, _("Version 2 at {point}.").format(point=hierarchy.point))


def _controls_memory(tree: KernelTree, hierarchy: MemoryHierarchy) -> bool:
    if hierarchy.version == 1:
        return True
    controllers = tree.read_or_none(hierarchy.point.strip("/") + "/cgroup.controllers")
    return controllers is not None and "memory" in controllers.split()


def _lowering(tree: KernelTree) -> Capability:
    title = _("Lower an adjustment")
    try:
        held = parse_status(tree.read("proc/self/status")).cap_effective or 0
    except KernelFileError:
        held = 0
    if held >> CAP_SYS_RESOURCE & 1:
        return works("lower_adjustment", title, _("This process may do it itself (CAP_SYS_RESOURCE)."))
    says = _("This process may only raise its own programs' adjustments; lowering needs CAP_SYS_RESOURCE.")
    return lacks("lower_adjustment", title, says, _("Through the helper: installers/install-helper.sh"))


def _swap(snapshot: Snapshot | None) -> Capability:
    title = _("Swap")
    swaps = snapshot.sample.swaps if snapshot is not None else None
    if swaps is None:
        return untold("swap", title, _("Whether there is swap is not known here."))
    if not swaps:
        says = _("No swap: programs are ended without a warning phase.")
        return untold("swap", title, says, _("For example zram: install systemd-zram-generator or zram-tools."))
    size = format_bytes(sum(device.size for device in swaps), 1)
    on_zram = [device for device in swaps if device.on_zram]
    says = _("{size} in {count}, of it on zram: {zram}.").format(size=size, count=len(swaps), zram=len(on_zram))
    return works("swap", title, says)
