"""Whom nobody may freeze: without them the user could not continue anything.

Source: design of the project (never frozen: compositor, bus, terminal, session manager, Guardian, and their ancestors).
"""

from collections.abc import Sequence

from guardian.kernel.process import Process, ProcessKey
from guardian.protocol.i18n import _
from guardian.protocol.printable import printable

# As /proc/PID/comm has them, which is cut at 15 bytes.
_DESKTOP = frozenset(
    """
    gnome-shell kwin_wayland kwin_x11 kwin plasmashell Xorg X Xwayland Xvfb mutter sway weston labwc wayfire hyprland Hyprland
    river cosmic-comp xfwm4 xfce4-panel xfdesktop openbox marco muffin cinnamon metacity i3 bspwm awesome lxqt-panel budgie-wm
    gnome-session-b gnome-session-s ksmserver plasma_session xfce4-session lxqt-session mate-session startplasma-way
    startplasma-x11 gdm gdm3 gdm-session-wor gdm-wayland-ses gdm-x-session lightdm sddm sddm-helper greetd login
    dbus-daemon dbus-broker dbus-broker-lau systemd systemd-logind at-spi-bus-laun ibus-daemon fcitx5 polkitd
    pipewire wireplumber pulseaudio gnome-keyring-d kwalletd5 kwalletd6
    gnome-terminal- konsole xterm xfce4-terminal kitty alacritty foot wezterm-gui terminator tilix ptyxis kgx screen sshd
    """.split()  # noqa: SIM905 - read as a list of names
)


def freeze_refusal(processes: Sequence[Process], table: Sequence[Process], own_pid: int) -> str:
    """Why these must not be frozen, the first reason; empty where they may.  `table` is every process there is."""
    needed: dict[ProcessKey, Process] | None = None
    for process in processes:
        name = printable(process.name)
        if process.kernel_thread or process.pid == 1:
            return _("The kernel's own processes and process 1 cannot be frozen.")
        if process.pid == own_pid or "guardian" in process.name:
            return _("Not frozen: OOM Guardian could not let anything go on again.")
        if _carries_session(process):
            return _("Not frozen: {name} carries your session; without it you could not continue anything.").format(name=name)
        needed = _ancestors(table, own_pid) if needed is None else needed
        below = needed.get(process.key)
        if below is not None:
            words = _("Not frozen: {name} started {below}, which carries your session.")
            return words.format(name=name, below=printable(below.name))
    return ""


def _ancestors(table: Sequence[Process], own_pid: int) -> dict[ProcessKey, Process]:
    """Every ancestor of what the session needs, and for whose sake."""
    by_pid = {one.pid: one for one in table}
    found: dict[ProcessKey, Process] = {}
    for one in table:
        if one.pid == own_pid or _carries_session(one):
            above = by_pid.get(one.ppid)
            while above is not None and above.key not in found:
                found[above.key] = one
                above = by_pid.get(above.ppid)
    return found


def _carries_session(process: Process) -> bool:
    """Whether it is one of them; "tmux: server" goes by its first word."""
    return process.name in _DESKTOP or process.name.startswith("tmux:")
