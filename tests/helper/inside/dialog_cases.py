"""What password dialogs say: each reads as the act it is for, in the language of whoever is asked."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from cases import ASK, NONE, said
from setting_cases import KEY, now, other
from world import PASSWORD, as_anna, call, local_session, polkit_rule, sh

from guardian.protocol.dialogs import REMOVE_RULE

CATALOGUE = Path("/usr/share/locale/zh_CN/LC_MESSAGES/oom-guardian.mo")
UNIT_FOLDER = Path("/etc/systemd/system/x.service.d")


def asked(member: str, signature: str, body: list[Any], locale: str = "C.UTF-8") -> str:
    """The message of the dialog that a call opens; the password is wrong, so nothing comes of it."""
    got = said(as_anna("ask_with_password", member, signature, body, f"not {PASSWORD}", "", locale))
    assert got["error"] == "NotAuthorized", got
    (message,) = got["messages"]
    assert "$" not in message
    return str(message)


def removing_a_rule_reads_as_that_in_the_askers_language() -> None:
    done = sh("localedef", "-i", "zh_CN", "-f", "UTF-8", "zh_CN.UTF-8")
    assert done.returncode == 0, done.stderr
    assert CATALOGUE.exists(), "install-helper.sh installs the catalogue"
    catalogue, made = Catalog(locale="zh_CN"), io.BytesIO()
    catalogue.add(REMOVE_RULE, "移除 $(target)")
    write_mo(made, catalogue)
    CATALOGUE.write_bytes(made.getvalue())
    polkit_rule("local", local_session("rules"))
    _error, (name,) = call("PutRule", "a{sv}a{sv}", [{"exe": ("s", "/usr/bin/sleep"), "adj": ("i", 250)}, NONE])
    remove = ("RemoveRule", "sa{sv}", [name, ASK])
    assert asked(*remove) == ("Authentication is needed to remove a lasting rule: exe /usr/bin/sleep, user *, adjustment 250")
    assert asked(*remove, locale="zh_CN.UTF-8") == "移除 /usr/bin/sleep"
    assert call("RemoveRule", "sa{sv}", [name, NONE])[0] is None
    polkit_rule("local", None)


def a_rule_that_insists_says_so() -> None:
    polkit_rule("local", local_session("rules"))
    keys = {"unit": ("s", "x.service"), "adj": ("i", -500), "insist": ("b", True)}
    message = asked("PutRule", "a{sv}a{sv}", [keys, ASK])
    assert "that sets its value each time: unit x.service" in message
    polkit_rule("local", None)


def removing_a_units_plan_reads_as_that() -> None:
    polkit_rule("local", local_session("units"))
    message = asked("RemoveUnitProtection", "sa{sv}", ["x.service", ASK])
    assert message == "Authentication is needed to remove the plan of x.service"
    polkit_rule("local", None)


def settings_are_tried_kept_and_forgotten_in_words_of_their_own() -> None:
    polkit_rule("local", local_session("settings"))
    wished = other()
    signature = "ssbua{sv}"
    messages = [
        asked("SetSetting", signature, [KEY, wished, False, 0, ASK]),
        asked("SetSetting", signature, [KEY, wished, True, 0, ASK]),
        asked("SetSetting", signature, [KEY, wished, False, 60, ASK]),
        asked("SetSetting", signature, [KEY, now(), False, 0, {**ASK, "forget": ("b", True)}]),
    ]
    for message, words in zip(messages, ("to set", "also after every restart", "for 60 s", "keep it no longer"), strict=True):
        assert words in message
        assert KEY in message
    polkit_rule("local", None)


DIALOG_CASES: tuple[Callable[[], None], ...] = (
    removing_a_rule_reads_as_that_in_the_askers_language,
    a_rule_that_insists_says_so,
    removing_a_units_plan_reads_as_that,
    settings_are_tried_kept_and_forgotten_in_words_of_their_own,
)
