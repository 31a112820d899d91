"""Which programs may be frozen, what belongs to a program, and when a frozen one goes on again.  Pure.

Freezing stops the growth at once and loses nothing; it must never stop what the user needs to see, to decide and to go on.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from guardian.kernel.process import Process, ProcessKey
from guardian.model.verdict import Grower, State
from guardian.policy.settings import Settings
from guardian.protocol.application import application_of
from guardian.protocol.i18n import N_, _
from guardian.protocol.printable import printable

# Names as the kernel keeps them: 15 bytes at most.
COMPOSITORS = frozenset((
    "gnome-shell", "kwin_wayland", "kwin_wayland_wr", "kwin_x11", "mutter", "Xorg", "X", "Xwayland", "Xvfb", "Xvnc",
    "sway", "weston", "Hyprland", "labwc", "wayfire", "river", "niri", "cosmic-comp", "cage", "xfwm4", "openbox", "i3",
    "bspwm", "awesome", "marco", "metacity", "muffin", "cinnamon", "budgie-wm", "icewm", "fluxbox", "lxqt-panel",
    "plasmashell", "xfce4-panel", "waybar", "dunst", "mako", "xfce4-notifyd", "picom",
))  # fmt: skip
BUSES = frozenset(("dbus-daemon", "dbus-broker", "dbus-broker-lau", "at-spi-bus-laun", "at-spi2-registr", "polkitd", "gvfsd"))
TERMINALS = frozenset((
    "gnome-terminal-", "gnome-terminal", "ptyxis", "ptyxis-agent", "kgx", "konsole", "yakuake", "xterm", "uxterm",
    "urxvt", "urxvtd", "rxvt", "alacritty", "kitty", "foot", "footclient", "wezterm-gui", "wezterm-mux-ser", "ghostty",
    "xfce4-terminal", "tilix", "terminator", "terminology", "lxterminal", "qterminal", "mate-terminal", "guake", "st",
    "tmux: server", "tmux: client", "screen", "zellij", "sshd", "sshd-session", "mosh-server", "login",
))  # fmt: skip
SESSIONS = frozenset((
    "systemd", "(sd-pam)", "init", "elogind-daemon", "systemd-logind", "gnome-session-b", "gnome-session-c",
    "ksmserver", "startplasma-way", "startplasma-x11", "plasma_session", "xfce4-session", "lxqt-session",
    "mate-session", "cinnamon-sessio", "gdm", "gdm-session-wor", "gdm-wayland-ses", "gdm-x-session", "sddm",
    "sddm-helper", "lightdm", "greetd", "pipewire", "pipewire-pulse", "wireplumber", "pulseaudio", "fcitx5",
    "ibus-daemon", "gnome-keyring-d", "kwalletd6", "kwalletd5", "gsd-power", "xdg-desktop-por", "systemd-oomd",
    "earlyoom", "nohang", "guardian",
))  # fmt: skip
_NEEDED = COMPOSITORS | BUSES | TERMINALS | SESSIONS
_STOPPED = "Tt"
_GONE = "ZXx"

PAUSE_SECONDS = 15.0

NEEDED = N_("{name} is never frozen: the desktop, or OOM Guardian itself, would stand still with it")
OTHERS = N_("{name} belongs to somebody else")
STANDS = N_("{name} stands still already")
ABSENT = N_("{name} had already ended")


class Frozen(NamedTuple):
    """One program that was frozen: its name, its processes, when (CLOCK_MONOTONIC), and whether a rule did it.

    `cgroup` is the path of the group that was frozen as a whole, None where single processes were stopped.
    """

    name: str
    keys: tuple[ProcessKey, ...]
    at: float
    by_rule: bool = False
    cgroup: str | None = None


class Target(NamedTuple):
    """What freezing a process means: its program's name and all processes that would stand still with it.

    `cgroup` is set where these are all that live in that application's own group.
    """

    name: str
    processes: tuple[Process, ...]
    cgroup: str | None = None


class NotOffered(Exception):
    """A program must not, or need not, be frozen; the text says why."""

    def __init__(self, why: str, name: str) -> None:
        super().__init__(_(why).format(name=printable(name)))


def needed(processes: Iterable[Process], own: Iterable[int]) -> frozenset[ProcessKey]:
    """Those that are never frozen: desktop, bus, terminal, session, the pids in `own`, and the ancestors of them all."""
    by_pid = {process.pid: process for process in processes}
    found: set[ProcessKey] = set()
    pids = set(own)
    for process in by_pid.values():
        if not (process.name in _NEEDED or process.pid in pids or process.pid == 1):
            continue
        at: Process | None = process
        while at is not None and at.key not in found:
            found.add(at.key)
            at = by_pid.get(at.ppid)
    return frozenset(found)


def plan_freeze(key: ProcessKey, processes: Sequence[Process], uid: int, own: Iterable[int]) -> Target:
    """All that stands still when a process is frozen.  Raises NotOffered.

    That is its whole application where it has a group of its own in which nothing needed lives; else the process and its
    descendants.  `own` are pids of this program.
    """
    chosen = next((process for process in processes if process.key == key), None)
    if chosen is None or chosen.state in _GONE or chosen.kernel_thread:
        raise NotOffered(ABSENT, chosen.name if chosen else str(key.pid))
    kept = needed(processes, own)
    if chosen.key in kept:
        raise NotOffered(NEEDED, chosen.name)
    if chosen.uid != uid:
        raise NotOffered(OTHERS, chosen.name)
    if chosen.state in _STOPPED:
        raise NotOffered(STANDS, chosen.name)
    if chosen.cgroup is not None and application_of(chosen.cgroup.rpartition("/")[2]) is not None:
        members = [one for one in processes if one.cgroup == chosen.cgroup and one.state not in _GONE]
        if all(one.uid == uid and one.key not in kept and one.state not in _STOPPED for one in members):
            return Target(chosen.name, tuple(members), chosen.cgroup)
    family = [one for one in _family(chosen, processes) if one.uid == uid and one.key not in kept]
    return Target(chosen.name, tuple(one for one in family if one.state not in _STOPPED + _GONE))


def choose_grower(
    growers: Sequence[Grower], processes: Sequence[Process], uid: int, own: Iterable[int], settings: Settings
) -> ProcessKey | None:
    """Whom the rule "when critical, freeze the fastest grower of mine" means now; None where there is none to freeze."""
    if not settings.switch("relief.freeze_when_critical"):
        return None
    spared = frozenset(settings.names("relief.never_freeze"))
    kept = needed(processes, own)
    by_key = {process.key: process for process in processes}
    for grower in growers:
        process = by_key.get(grower.key)
        if process is None or grower.name in spared or process.key in kept:
            continue
        if process.uid == uid and process.state not in _STOPPED + _GONE:
            return process.key
    return None


class Waiting(NamedTuple):
    """Since when (CLOCK_MONOTONIC) there has been room to go on; None while there is not."""

    since: float | None = None


def plan_thaw(before: Waiting, state: State, room: int, total: int, now: float, settings: Settings) -> tuple[Waiting, bool]:
    """Whether frozen programs may go on: the danger is over and room has been there for a while.

    `room` and `total` (memory and swap) are in bytes.
    """
    if not settings.switch("relief.thaw_by_itself"):
        return Waiting(), False
    wanted = settings.number("relief.thaw_room")
    wanted_bytes = wanted if wanted > 1 else wanted * total
    if state in (State.WARNING, State.CRITICAL, State.NO_DATA) or room < wanted_bytes:
        return Waiting(), False
    since = before.since if before.since is not None else now
    return Waiting(since), now - since >= settings.number("relief.thaw_after")


def _family(chosen: Process, processes: Sequence[Process]) -> list[Process]:
    """A process and its descendants, itself first, so that a parent stands before it could start more."""
    by_parent: dict[int, list[Process]] = {}
    for process in processes:
        by_parent.setdefault(process.ppid, []).append(process)
    found, at = [chosen], 0
    while at < len(found):
        found += [one for one in by_parent.get(found[at].pid, ()) if one is not chosen]
        at += 1
    return found
