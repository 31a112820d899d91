"""What the root helper and its clients share: names on the system bus, methods, polkit actions, errors and limits.

Source: design of the project (D-Bus); polkit(8).
"""

from typing import NamedTuple

HELPER_NAME = "io.github.oomguardian.Helper1"
HELPER_PATH = "/io/github/oomguardian/Helper1"
HELPER_INTERFACE = HELPER_NAME
ACTION_PREFIX = "io.github.oomguardian.helper"

NOT_AUTHORIZED = f"{HELPER_NAME}.Error.NotAuthorized"
GONE = f"{HELPER_NAME}.Error.Gone"
REFUSED = f"{HELPER_NAME}.Error.Refused"
FAILED = f"{HELPER_NAME}.Error.Failed"
INVALID_ARGS = "org.freedesktop.DBus.Error.InvalidArgs"

IDLE_SECONDS = 30.0
DIALOG_SECONDS = 300.0
DIALOGS_PER_USER = 3
BYTES_PER_USER = 1 << 20
# What one pending call costs besides its body: a process held open, a question to polkit.
BYTES_PER_CALL = 16 << 10
KERNEL_LOG_BYTES = 4 << 20

# There where the helper is installed: the bus starts it by this file.
SERVICE_FILE = "/usr/share/dbus-1/system-services/io.github.oomguardian.Helper1.service"

RULES_FOLDER = "etc/oom-guardian/rules.d"
RUN_FOLDER = "run/oom-guardian"
ENFORCER_UNIT = "oom-guardian-enforcer.service"


class Method(NamedTuple):
    """One method of the helper: D-Bus signatures in and out, argument names, and the polkit action, None where none is asked."""

    takes: str
    gives: str
    arguments: tuple[str, ...]
    results: tuple[str, ...]
    action: str | None


METHODS: dict[str, Method] = {
    "SetOomScoreAdj": Method(
        "utia{sv}", "ii", ("pid", "start_ticks", "value", "options"), ("before", "now"), "set-oom-score-adj"
    ),
    "PutRule": Method("a{sv}a{sv}", "s", ("rule", "options"), ("id",), "rules"),
    "RemoveRule": Method("sa{sv}", "", ("id", "options"), (), "rules"),
    "ListRules": Method("", "aa{sv}", (), ("rules",), None),
    "SetUnitProtection": Method("sa{sv}a{sv}", "s", ("unit", "plan", "options"), ("path",), "units"),
    "RemoveUnitProtection": Method("sa{sv}", "", ("unit", "options"), (), "units"),
    "SetSetting": Method("ssbua{sv}", "s", ("key", "value", "persist", "rollback_seconds", "options"), ("before",), "settings"),
    "KeepSetting": Method("sa{sv}", "", ("key", "options"), (), "settings"),
    "Signal": Method("utsa{sv}", "", ("pid", "start_ticks", "name", "options"), (), "signal"),
    "ReadKernelLog": Method("ta{sv}", "as", ("since_usec", "options"), ("lines",), "read-log"),
}

# `forget` takes a kept setting out of its file while the value given is written.
OPTIONS = {"interactive": "b", "immortal": "b", "forget": "b"}


def introspection() -> str:
    """The helper's introspection XML.  Source: D-Bus Specification, "Introspection Data Format"."""
    lines = ["<node>", f'  <interface name="{HELPER_INTERFACE}">']
    for name, method in METHODS.items():
        lines.append(f'    <method name="{name}">')
        for direction, names, signature in (("in", method.arguments, method.takes), ("out", method.results, method.gives)):
            lines += [
                f'      <arg name="{argument}" type="{kind}" direction="{direction}"/>'
                for argument, kind in zip(names, complete_types(signature), strict=True)
            ]
        lines.append("    </method>")
    lines += [
        "  </interface>",
        '  <interface name="org.freedesktop.DBus.Introspectable">',
        '    <method name="Introspect"><arg name="xml_data" type="s" direction="out"/></method>',
        "  </interface>",
        '  <interface name="org.freedesktop.DBus.Peer">',
        '    <method name="Ping"/>',
        "  </interface>",
        "</node>",
    ]
    return "\n".join(lines) + "\n"


def complete_types(signature: str) -> list[str]:
    """The single complete types of a D-Bus signature.  ValueError where brackets do not match."""
    found, at = [], 0
    while at < len(signature):
        end = _type_end(signature, at)
        found.append(signature[at:end])
        at = end
    return found


def _type_end(signature: str, at: int) -> int:
    if at >= len(signature):
        raise ValueError(f"signature {signature!r} ends early")
    if signature[at] == "a":
        return _type_end(signature, at + 1)
    if signature[at] not in "({":
        return at + 1
    depth = 0
    for end in range(at, len(signature)):
        depth += (signature[end] in "({") - (signature[end] in ")}")
        if depth == 0:
            return end + 1
    raise ValueError(f"signature {signature!r} ends early")
