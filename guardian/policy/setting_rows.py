"""The settings as they are shown: each with its meaning, its source at boot, the kernel's own value and the advice.  Pure."""

from collections.abc import Iterable
from typing import NamedTuple

from guardian.policy.advice import Advice, Kind
from guardian.policy.boot_values import COMMAND_LINE, BootValue
from guardian.policy.knob_advice import advise
from guardian.policy.knob_words import meaning, show_value, usual_of, value_of
from guardian.policy.knobs import KNOBS, Knob, Value, number_of
from guardian.policy.machine_profile import MachineProfile
from guardian.policy.setting_changes import Write
from guardian.protocol.i18n import _, sentences
from guardian.protocol.printable import printable
from guardian.protocol.sysctls import KEPT_FILE, PAIRED, safe_place


class SettingRow(NamedTuple):
    """One setting: what it is now, in words too, what decides it at boot, the kernel's own value, and the advice."""

    knob: Knob
    value: Value
    shown: str
    meaning: str
    advice: Advice
    boot: BootValue | None = None
    usual: int | None = None


def rows_of(profile: MachineProfile) -> tuple[SettingRow, ...]:
    """All settings of a machine, those that matter most first."""
    rows = []
    for knob in KNOBS:
        value = value_of(knob, profile)
        boot = profile.boot.get(knob.key)
        usual = None if value is None else usual_of(knob, profile)
        shown, words = show_value(knob, value), meaning(knob, value, profile)
        rows.append(SettingRow(knob, value, shown, words, advise(knob, profile), boot, usual))
    return tuple(rows)


def boot_words(row: SettingRow) -> str:
    """Where its value comes from at boot, and whether it is another now."""
    boot, parts = row.boot, []
    if row.value is None or not row.knob.settable:
        return ""
    if boot is None or not boot.path:
        parts.append(_("No file sets it, so the kernel's own value holds from boot on."))
    elif boot.path == COMMAND_LINE:
        parts.append(_("The kernel's command line sets it to {value}.").format(value=printable(boot.value)))
    else:
        words = _("At boot /{path}, line {line}, sets it to {value}.")
        parts.append(words.format(path=printable(boot.path), line=boot.line, value=printable(boot.value)))
    if boot is not None and boot.beaten:
        paths = ", ".join(f"/{printable(path)}" for path in boot.beaten)
        parts.append(_("It wins over {paths}, since its name comes later.").format(paths=paths))
    if boot is not None and boot.unread:
        parts.append(_("/{path} sets it too, but nothing reads that file at boot here.").format(path=boot.unread))
    if boot is not None and boot.path and boot.value != str(row.value):
        parts.append(_("It was changed since."))
    return sentences(*parts)


def usual_words(row: SettingRow) -> str:
    """The kernel's own value, where it is another."""
    if row.usual is None or row.usual == row.value:
        return ""
    return _("The kernel's own value: {value}.").format(value=show_value(row.knob, row.usual))


def beaten_words(keys: Iterable[str], profile: MachineProfile) -> str:
    """Which kept settings another file overrules at boot; "" where none is."""
    parts = []
    for key in keys:
        boot = profile.boot.get(key)
        if boot is not None and boot.path and boot.path != KEPT_FILE:
            words = _("{key} is kept, but /{path} comes later and wins at boot with {value}.")
            parts.append(words.format(key=key, path=printable(boot.path), value=printable(boot.value)))
    return sentences(*parts)


def exported(profile: MachineProfile, *, advised: bool) -> tuple[Write, ...]:
    """What another machine has to be given to be set alike: all that is not the kernel's own; `advised` follows the advice."""
    found: dict[str, int] = {}
    for row in rows_of(profile):
        key = row.knob.key
        number = number_of(key, profile.settings) if row.knob.settable else None
        if number is None:
            continue
        wished = row.advice.value if advised and row.advice.kind is Kind.CHANGE else None
        if isinstance(wished, int):
            found[key] = wished
        elif key in profile.boot or (row.knob.usual is not None and number != row.knob.usual):
            found[key] = number
    kept = {key: value for key, value in found.items() if value or PAIRED.get(key) not in found}
    return tuple(Write(key, kept[key]) for key in sorted(kept, key=safe_place))


def as_sysctl(writes: Iterable[Write]) -> str:
    """A file for /etc/sysctl.d."""
    lines = [f"{write.key} = {write.value}\n" for write in writes]
    return "# Written by OOM Guardian: guardian settings --export sysctl\n" + "".join(lines)


def as_ansible(writes: Iterable[Write]) -> str:
    """A task for a playbook of Ansible (module ansible.posix.sysctl)."""
    items = [f'    - {{name: {write.key}, value: "{write.value}"}}\n' for write in writes]
    head = (
        "# Written by OOM Guardian: guardian settings --export ansible\n"
        "- name: Memory settings of the kernel\n"
        "  ansible.posix.sysctl:\n"
        '    name: "{{ item.name }}"\n'
        '    value: "{{ item.value }}"\n'
        f"    sysctl_file: /{KEPT_FILE}\n"
        "    sysctl_set: true\n"
        "    state: present\n"
    )
    return head + ("  loop:\n" + "".join(items) if items else "  loop: []\n")
