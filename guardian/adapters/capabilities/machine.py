"""The machine beside the kernel's files: pressure triggers, logs, locked memory, systemd, other killers, the helper."""

import os
import resource
import shutil

from guardian.adapters.capabilities.capability import Capability, lacks, untold, works
from guardian.kernel.errors import KernelFileError
from guardian.kernel.tree import KernelTree
from guardian.protocol.i18n import _
from guardian.protocol.quantities import format_bytes
from guardian.sampling.snapshot import Snapshot

AGENT_LOCKS = 24 << 20
KILLERS = ("systemd-oomd", "earlyoom", "nohang", "oomd", "bustd", "thrash-protect")
JOURNALS = ("/run/log/journal", "/var/log/journal")
HELPER_ACTIVATION = "share/dbus-1/system-services/io.github.oomguardian.Helper1.service"
POLKIT_ACTIVATION = "share/dbus-1/system-services/org.freedesktop.PolicyKit1.service"
_PREFIXES = ("/usr", "/usr/local")
# A trigger that unprivileged processes may set: windows must be multiples of 2 s.  Source: kernel/sched/psi.c.
TRIGGER = "some 150000 2000000"


def machine_capabilities(tree: KernelTree, snapshot: Snapshot | None) -> tuple[Capability, ...]:
    """What else this machine offers to a program without privileges of its own."""
    return (
        _triggers(tree),
        _kernel_log(),
        _journal(),
        _locked_memory(),
        _other_killers(snapshot),
        _polkit(),
        _helper(),
    )


def _triggers(tree: KernelTree) -> Capability:
    title = _("Pressure triggers")
    try:
        os.close(tree.arm("proc/pressure/memory", TRIGGER))
    except KernelFileError as error:
        says = _("/{path}: {reason}.").format(path=error.path, reason=error.reason)
        get = _("Kernel 6.4 or newer lets every user set them; without, pressure is read once a second.")
        return lacks("psi_triggers", title, says, get)
    return works("psi_triggers", title, _("The kernel wakes us within two seconds when memory stalls."))


def _refused(path: str, error: OSError) -> str:
    return _("{path}: {reason}.").format(path=path, reason=error.strerror)


def _kernel_log() -> Capability:
    title = _("Kernel log")
    try:
        os.close(os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC))
    except OSError as error:
        get = _("Join the group adm or systemd-journal, or: sudo sysctl kernel.dmesg_restrict=0; the helper can read it too.")
        return lacks("kernel_log", title, _refused("/dev/kmsg", error), get)
    return works("kernel_log", title, _("/dev/kmsg can be read: kills are known at once."))


def _journal() -> Capability:
    title = _("Journal")
    if shutil.which("journalctl") is None:
        says = _("journalctl is not there: kills of earlier starts are unknown.")
        return lacks("journal", title, says, _("It comes with systemd."))
    for folder in JOURNALS:
        if os.access(folder, os.R_OK | os.X_OK) and any(os.access(entry.path, os.R_OK) for entry in os.scandir(folder)):
            return works("journal", title, _("{folder} can be read.").format(folder=folder))
    get = _("Join the group systemd-journal: sudo usermod -aG systemd-journal $USER")
    return lacks("journal", title, _("No journal of this machine can be read."), get)


def _locked_memory() -> Capability:
    title = _("Locked memory")
    soft, hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    if hard in {resource.RLIM_INFINITY, -1} or hard >= AGENT_LOCKS or os.geteuid() == 0:
        return works("locked_memory", title, _("The agent can keep itself in memory while the machine swaps."))
    says = _("At most {size} may be locked; the agent needs about {need}.").format(
        size=format_bytes(max(soft, hard)), need=format_bytes(AGENT_LOCKS)
    )
    return lacks("locked_memory", title, says, _("LimitMEMLOCK=infinity for the user's service, or in limits.conf."))


def _other_killers(snapshot: Snapshot | None) -> Capability:
    title = _("Who else ends programs")
    if snapshot is None or snapshot.sample.processes is None:
        return untold("other_killers", title, _("Not known here."))
    running = {process.name for process in snapshot.sample.processes}
    # comm holds 15 characters at most.
    found = [name for name in KILLERS if name[:15] in running]
    says = _("Running: {names}.").format(names=", ".join(found)) if found else _("None runs here besides the kernel.")
    return untold("other_killers", title, says)


def _polkit() -> Capability:
    title = _("Asking for a password (polkit)")
    if _installed(POLKIT_ACTIVATION):
        return works("polkit", title, _("polkit is installed."))
    get = _("Install the package polkitd (policykit-1 on older systems).")
    return lacks("polkit", title, _("polkit is not installed: nothing can be lowered for others."), get)


def _helper() -> Capability:
    title = _("Helper")
    if _installed(HELPER_ACTIVATION):
        return works("helper", title, _("The helper is installed."))
    says = _("The helper is not installed, so values cannot be lowered.")
    return lacks("helper", title, says, _("Install it: installers/install-helper.sh"))


def _installed(path: str) -> bool:
    return any(os.path.exists(f"{prefix}/{path}") for prefix in _PREFIXES)
