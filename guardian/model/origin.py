"""Where a process's oom_score_adj comes from, as far as its ancestors and its name tell.

A value passes to children and stays over exec, so one that equals the parent's is inherited.  What is known of programs and of
systemd's defaults: OOMScoreAdjust= in systemd.exec(5), user@.service(5), DefaultOOMScoreAdjust= in systemd-system.conf(5).
"""

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from guardian.kernel.process import Process
from guardian.protocol.i18n import N_, _, sentences
from guardian.protocol.quantities import format_adjustment

Kind = Literal["unknown", "nobody", "program", "inherited", "user manager", "user unit", "system unit", "unclear"]

_USER_MANAGER: Final = 100
_STEP_OF_USER_UNITS: Final = 100
# Programs known to set it for themselves: name, lowest and highest value, how they speak of it.
_CUSTOMS: Final = (
    (("chrome", "chromium", "brave", "msedge", "vivaldi", "opera"), 200, 300, N_("Chromium asks for {value} in its renderers.")),
    (
        ("code", "electron", "codium", "slack", "discord", "signal-desktop", "element", "teams", "obsidian", "spotify"),
        200,
        300,
        N_("Electron asks for {value} in its renderers."),
    ),
    (
        ("firefox", "Isolated Web", "Web Content", "WebExtensions", "Privileged Cont", "Isolated Servic", "thunderbird"),
        1,
        300,
        N_("Firefox asks for {value} in such a process."),
    ),
    (("sshd", "systemd-udevd", "udevd", "auditd", "multipathd"), -1000, -1000, N_("It protects itself, as such services do.")),
    (("dbus-daemon", "dbus-broker"), -900, -900, N_("The message bus is protected, as its unit asks.")),
    (("systemd-journal",), -250, -250, N_("The journal is protected, as its unit asks.")),
)


class Origin(NamedTuple):
    """Who set an adjustment: of what kind it was, the process it was set for, and a sentence for people."""

    kind: Kind
    holder: Process
    sentence: str


def origin_of_adjustment(process: Process, ancestors: Sequence[Process]) -> Origin:
    """Where the adjustment of a process probably comes from; `ancestors` begin with its parent, as far as they live."""
    value = process.oom_score_adj
    if value is None:
        return Origin("unknown", process, _("The adjustment is not known."))
    holder, above = _holder(process, ancestors)
    if holder.key != process.key and value:
        return Origin("inherited", holder, _inherited(holder, above))
    return _own(process, ancestors)


def _holder(process: Process, ancestors: Sequence[Process]) -> tuple[Process, Sequence[Process]]:
    """The eldest in an unbroken line with the same value, and its ancestors."""
    holder, above = process, ancestors
    while above and above[0].oom_score_adj == process.oom_score_adj:
        holder, above = above[0], above[1:]
    return holder, above


def _inherited(holder: Process, above: Sequence[Process]) -> str:
    first = _("It is inherited from {name} ({pid}).").format(name=holder.name, pid=holder.pid)
    source = _own(holder, above)
    if source.kind == "user unit":
        return sentences(first, _("The user manager gives it to all that it starts."))
    return sentences(first, source.sentence) if source.kind in {"user manager", "system unit"} else first


def _own(process: Process, ancestors: Sequence[Process]) -> Origin:
    """The origin of a value that its parent does not have."""
    value, parent = process.oom_score_adj or 0, ancestors[0] if ancestors else None
    before = parent.oom_score_adj if parent is not None else None
    shown = format_adjustment(value)
    custom = _custom(process, value)
    if custom is not None:
        sentence = custom.format(value=shown)
        return Origin("program", process, _with_parent(sentence, parent, ancestors[1:]))
    if not value and not before:
        return Origin("nobody", process, _("Nobody set it: 0 is the kernel's own value."))
    if _is_user_manager(process, parent):
        return Origin("user manager", process, _("systemd gives {value} to each user's manager.").format(value=shown))
    if parent is not None and _manages_users(parent, ancestors[1:]) and value == (before or 0) + _STEP_OF_USER_UNITS:
        return Origin("user unit", process, _("The user manager gives {value} to all that it starts.").format(value=shown))
    unit = _unit(process)
    if parent is not None and parent.pid == 1 and unit is not None:
        sentence = _("Its unit {unit} asks for {value}, or the program set it itself.").format(unit=unit, value=shown)
        return Origin("system unit", process, sentence)
    sentence = _("The program set {value} itself, or whoever started it did.").format(value=shown)
    return Origin("unclear", process, _with_parent(sentence, parent, ancestors[1:]))


def _with_parent(sentence: str, parent: Process | None, above: Sequence[Process]) -> str:
    """The sentence, and what the parent has and from where."""
    if parent is None or parent.oom_score_adj is None:
        return sentence
    shown = format_adjustment(parent.oom_score_adj)
    holder, beyond = _holder(parent, above)
    if parent.oom_score_adj and _own(holder, beyond).kind in {"user manager", "user unit"}:
        return sentences(sentence, _("Its parent has {value}, from the user manager.").format(value=shown))
    return sentences(sentence, _("Its parent has {value}.").format(value=shown))


def _custom(process: Process, value: int) -> str | None:
    for names, low, high, sentence in _CUSTOMS:
        if low <= value <= high and any(_is_named(process, name) for name in names):
            return _(sentence)
    return None


def _is_named(process: Process, name: str) -> bool:
    """Whether it is that program or a part of it, such as "code-insiders" or "electron25", but not "codec"."""
    rest = process.name.removeprefix(name)
    return rest != process.name and not rest[:1].isalpha()


def _is_user_manager(process: Process, parent: Process | None) -> bool:
    """Whether it is the systemd of one user, started by the system's."""
    return process.name == "systemd" and process.pid != 1 and parent is not None and parent.pid == 1


def _manages_users(process: Process, above: Sequence[Process]) -> bool:
    return _is_user_manager(process, above[0] if above else None) and process.oom_score_adj is not None


def _unit(process: Process) -> str | None:
    """The last unit in its cgroup's path, such as "sshd.service"; None without one."""
    parts = (process.cgroup or "").split("/")
    return next((part for part in reversed(parts) if part.endswith((".service", ".scope", ".socket", ".mount", ".swap"))), None)
