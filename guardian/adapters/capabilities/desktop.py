"""The desktop: display, buses, tray, notifications, keyring, user units, Qt and the language."""

import locale
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing

from jeepney import DBusAddress, new_method_call

from guardian.adapters.capabilities.capability import Capability, lacks, untold, works
from guardian.adapters.child_environment import child_environment
from guardian.adapters.session_bus import BUS, BusConnection, BusLost, CallFailed, NoBus, connect, session_bus_address
from guardian.protocol.agent import AGENT_NAME
from guardian.protocol.i18n import _

TRAY = "org.kde.StatusNotifierWatcher"
NOTIFICATIONS = "org.freedesktop.Notifications"
SECRETS = "org.freedesktop.secrets"
SYSTEMD = "org.freedesktop.systemd1"
_WATCHER = DBusAddress("/StatusNotifierWatcher", TRAY, "org.freedesktop.DBus.Properties")
_QT_SECONDS = 20


def desktop_capabilities(language: str) -> tuple[Capability, ...]:
    """What the session offers; `language` is the catalogue in use."""
    return (*_at_once(language), *_on_session_bus(), _qt())


def _at_once(language: str) -> Iterator[Capability]:
    name = "WAYLAND_DISPLAY" if os.environ.get("WAYLAND_DISPLAY") else "DISPLAY"
    if os.environ.get(name):
        says = _("{variable} is {value}.").format(variable=name, value=os.environ[name])
        yield works("display", _("Display"), says)
    else:
        get = _("Start it from a desktop session; over ssh use guardian watch.")
        yield lacks("display", _("Display"), _("Neither DISPLAY nor WAYLAND_DISPLAY is set: no window here."), get)
    encoding = locale.getpreferredencoding(do_setlocale=False)
    says = _("Texts in {language}; the locale's encoding is {encoding}, output is always UTF-8.").format(
        language=language, encoding=encoding
    )
    yield works("locale", _("Language"), says)


def _on_session_bus() -> Iterator[Capability]:
    title = _("Session bus")
    try:
        address = session_bus_address()
        connection = connect(address)
    except NoBus as error:
        yield lacks("session_bus", title, str(error), _("Start it from a desktop session, or with dbus-run-session."))
        without = _("Needs the session bus.")
        for name, heading in _bus_titles().items():
            yield lacks(name, heading, without)
        return
    with closing(connection):
        yield works("session_bus", title, _("It answers at {address}.").format(address=address.partition(",")[0]))
        yield from _services(connection)


def _bus_titles() -> dict[str, str]:
    return {
        "agent": _("Agent"),
        "tray": _("Tray"),
        "notifications": _("Notifications"),
        "keyring": _("Keyring"),
        "user_units": _("systemd for the user"),
    }


def _services(connection: BusConnection) -> Iterator[Capability]:
    titles, names = _bus_titles(), _reachable(connection)
    if AGENT_NAME in names:
        yield works("agent", titles["agent"], _("The agent runs, or starts when it is asked."))
    else:
        yield lacks("agent", titles["agent"], _("The agent does not run."), _("Start it: guardian agent"))
    yield _tray(connection, titles["tray"], names)
    if NOTIFICATIONS in names:
        yield works("notifications", titles["notifications"], _("Warnings can be shown."))
    else:
        get = _("Install a notification service, such as dunst, mako or the desktop's own.")
        yield lacks("notifications", titles["notifications"], _("Nobody shows notifications here."), get)
    if SECRETS in names:
        yield works("keyring", titles["keyring"], _("Secrets can be kept."))
    else:
        get = _(
            "Install gnome-keyring, or let KWallet or KeePassXC offer the Secret Service; only alerts off this machine and "
            "page Fleet need it."
        )
        yield lacks("keyring", titles["keyring"], _("Nobody offers the Secret Service here."), get)
    if SYSTEMD in names:
        yield works("user_units", titles["user_units"], _("Programs can be started in units of their own."))
    else:
        get = _("Log in through systemd (pam_systemd); limits per program need it.")
        yield lacks("user_units", titles["user_units"], _("No systemd of the user on this bus."), get)


def _reachable(connection: BusConnection) -> frozenset[str]:
    """Names that somebody owns or that the bus can start."""
    found: list[str] = []
    for method in ("ListNames", "ListActivatableNames"):
        try:
            found += connection.call(new_method_call(BUS, method))[0]
        except (CallFailed, BusLost):
            continue
    return frozenset(found)


def _tray(connection: BusConnection, title: str, names: frozenset[str]) -> Capability:
    get = _("On GNOME install the extension AppIndicator; other desktops: add a system tray to the panel.")
    if TRAY not in names:
        return lacks("tray", title, _("No tray here: nobody owns {name}.").format(name=TRAY), get)
    question = new_method_call(_WATCHER, "Get", "ss", (TRAY, "IsStatusNotifierHostRegistered"))
    try:
        _signature, shown = connection.call(question)[0]
    except (CallFailed, BusLost, ValueError) as error:
        return lacks("tray", title, _("The tray does not answer: {reason}.").format(reason=error), get)
    if not shown:
        return lacks("tray", title, _("There is a tray service, but no panel shows it."), get)
    return works("tray", title, _("A panel shows tray icons."))


def _qt() -> Capability:
    """Whether Qt can be loaded, tried in a process of its own: a missing library shows only then."""
    title = _("Window (Qt)")
    probe = "import PySide6, PySide6.QtWidgets; print(PySide6.__version__)"
    try:
        tried = subprocess.run(
            [sys.executable, "-P", "-c", probe],
            env=child_environment(os.environ),
            capture_output=True,
            text=True,
            timeout=_QT_SECONDS,
            check=False,
            errors="replace",
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return untold("qt", title, _("Qt could not be tried: {reason}.").format(reason=error))
    if tried.returncode == 0:
        return works("qt", title, _("Qt for Python {version} can be loaded.").format(version=tried.stdout.strip()))
    lines = tried.stderr.strip().splitlines() or [str(tried.returncode)]
    get = _("Run installers/run.sh once; it names the system libraries that are missing.")
    return lacks("qt", title, _("Qt cannot be loaded: {reason}.").format(reason=lines[-1]), get)
