"""Advice on what the kernel promises, and on what it does when it cannot keep its promises."""

from guardian.model.commit import kbytes_for, roomy_bytes
from guardian.policy.advice import Advice, Kind, Rule, idle, keep
from guardian.policy.knobs import Value
from guardian.policy.machine_profile import MachineProfile
from guardian.protocol.i18n import _
from guardian.protocol.quantities import GIB, KIB, format_bytes

_RESCUE_KBYTES = 128 << 10
_RESCUE_RAM = 2 * GIB
_PANIC_SECONDS = 10


def _mode(value: Value, profile: MachineProfile) -> Advice:
    commit, key = profile.commit, "vm.overcommit_memory"
    if value == 2:
        left = {"left": format_bytes(max(0, commit.left), 1)}
        if commit.roomy:
            reason = _("{left} are left to promise. Programs that reserve much and use little are refused first.")
            return keep(key, value, reason.format(**left))
        reason = _("Only {left} are left to promise: programs are refused next. Or raise the limit.")
        return Advice(Kind.CHANGE, _("0, or a higher limit"), reason.format(**left), 0)
    if value == 1:
        if key in profile.boot and not profile.desktop:
            return keep(
                key, value, _("It is set on purpose, as Redis asks for it. Nothing warns a program before memory is out.")
            )
        reason = _("Mode 1 grants even what can never be had. Keep it only where a program asks for it, as Redis does.")
        return Advice(Kind.CHANGE, _("0 refuses the absurd"), reason, 0)
    largest = {"size": format_bytes(commit.largest, 1)}
    if profile.release >= (5, 2):
        reason = _("It refuses single requests above {size} alone, so programs that reserve much and use little go on working.")
    else:
        reason = _("It guesses what could be had, now {size}, so programs that reserve much and use little go on working.")
    return keep(key, value, reason.format(**largest))


def _ratio(value: Value, profile: MachineProfile) -> Advice:
    commit = profile.commit
    if profile.mode != 2:
        return idle(_("It counts in mode 2 alone."))
    if profile.settings.overcommit_kbytes:
        return idle(_("overcommit_kbytes is set and takes its place."))
    if commit.roomy or commit.roomy_ratio is None:
        left = format_bytes(max(0, commit.left), 1)
        return keep("vm.overcommit_ratio", value, _("{size} are left to promise.").format(size=left))
    return Advice(
        Kind.CHANGE,
        _("{count} %: room to work").format(count=commit.roomy_ratio),
        _("Only {left} are left to promise; at {count} % there would be {room}.").format(
            left=format_bytes(max(0, commit.left), 1), count=commit.roomy_ratio, room=format_bytes(roomy_bytes(profile.ram), 1)
        ),
        commit.roomy_ratio,
    )


def _kbytes(value: Value, profile: MachineProfile) -> Advice:
    commit, key = profile.commit, "vm.overcommit_kbytes"
    if profile.mode != 2:
        return idle(_("It counts in mode 2 alone."))
    if not value:
        return keep(key, value, _("The ratio follows the memory by itself."))
    if commit.roomy:
        return keep(key, value, _("{size} are left to promise.").format(size=format_bytes(commit.left, 1)))
    wished = kbytes_for(commit.facts, roomy_bytes(profile.ram))
    words = _("{size}: room to work").format(size=format_bytes(wished * KIB, 1))
    return Advice(
        Kind.CHANGE, words, _("Only {left} are left to promise.").format(left=format_bytes(max(0, commit.left), 1)), wished
    )


def _panic_on_oom(value: Value, profile: MachineProfile) -> Advice:
    restart = profile.settings.kernel_panic
    if not value:
        return keep("vm.panic_on_oom", value, _("One program is ended and the machine goes on."))
    if not restart:
        reason = _("At the first shortage the whole machine would stop and stay stopped, since kernel.panic is 0.")
        return Advice(Kind.CHANGE, _("0: it would stay stopped"), reason, 0)
    if profile.desktop:
        reason = _("A shortage would restart the machine, and all unsaved work would be lost with it.")
        return Advice(Kind.CHANGE, _("0: end one program"), reason, 0)
    if value == 2:
        reason = _("One container at its limit would restart the whole machine. 1 does so only when the machine itself is out.")
        return Advice(Kind.CHANGE, _("1: not for a limit"), reason, 1)
    return keep("vm.panic_on_oom", value, _("A shortage restarts the machine. That suits a node whose work others take over."))


def _panic(value: Value, profile: MachineProfile) -> Advice:
    if not profile.settings.panic_on_oom:
        return idle(_("It counts when the kernel stops; with panic_on_oom 0 a shortage does not make it."))
    if value:
        return keep("kernel.panic", value, _("A shortage stops this machine, and it starts again by itself."))
    reason = _("A shortage stops this machine; at 0 it stays stopped until somebody comes.")
    return Advice(Kind.CHANGE, _("{count}: start again").format(count=_PANIC_SECONDS), reason, _PANIC_SECONDS)


def _allocating(value: Value, _profile: MachineProfile) -> Advice:
    if not value:
        return keep("vm.oom_kill_allocating_task", value, _("Points find who holds the memory; who asks next may hold nothing."))
    reason = _("Whoever asks next is ended, be it small and innocent, and what OOM Guardian foretells does not come true.")
    return Advice(Kind.CHANGE, _("0: choose by points"), reason, 0)


def _dump(value: Value, _profile: MachineProfile) -> Advice:
    if value:
        return keep("vm.oom_dump_tasks", value, _("With the table in the log, page History can say why it was that program."))
    reason = _("Without the table nobody can tell afterwards why that program was chosen.")
    return Advice(Kind.CHANGE, _("1: keep the evidence"), reason, 1)


def _admin(value: Value, profile: MachineProfile) -> Advice:
    now, key = int(value or 0), "vm.admin_reserve_kbytes"
    if profile.mode == 2 and now < _RESCUE_KBYTES and profile.ram >= _RESCUE_RAM:
        reason = _("In mode 2 a login, a shell and top together need about 128 MiB of promises; {size} are kept.")
        words = _("{size}: a login fits").format(size=format_bytes(_RESCUE_KBYTES * KIB))
        return Advice(Kind.CHANGE, words, reason.format(size=format_bytes(now * KIB)), _RESCUE_KBYTES)
    if profile.mode == 2 or (profile.mode == 0 and profile.release < (5, 2)):
        return keep(key, value, _("An administrator can still log in."))
    return idle(_("It counts in mode 2 alone."))


def _user(value: Value, profile: MachineProfile) -> Advice:
    if profile.mode != 2:
        return idle(_("It counts in mode 2 alone."))
    if value:
        return keep("vm.user_reserve_kbytes", value, _("A large program leaves the last promises to a shell that can end it."))
    reason = _("At 0 one program can take the last promise, and its user cannot even start a shell to end it.")
    words = _("{size}: a shell fits").format(size=format_bytes(_RESCUE_KBYTES * KIB))
    return Advice(Kind.CHANGE, words, reason, _RESCUE_KBYTES)


def _oom_kill(value: Value, _profile: MachineProfile) -> Advice:
    if value:
        return keep("vm.oom-kill", value, _("The killer is on, as everywhere else."))
    return Advice(Kind.CHANGE, _("1: the killer on"), _("Without the killer the machine hangs when memory is out."), 1)


RULES: dict[str, Rule] = {
    "vm.overcommit_memory": _mode,
    "vm.overcommit_ratio": _ratio,
    "vm.overcommit_kbytes": _kbytes,
    "vm.panic_on_oom": _panic_on_oom,
    "kernel.panic": _panic,
    "vm.oom_kill_allocating_task": _allocating,
    "vm.oom_dump_tasks": _dump,
    "vm.admin_reserve_kbytes": _admin,
    "vm.user_reserve_kbytes": _user,
    "vm.oom-kill": _oom_kill,
}
