"""Whose language is English pays for no catalogue; everybody else has one where there is one."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from guardian.protocol.i18n import close_up, use_language

SCRIPT = """
import json, sys
from guardian.protocol.i18n import _, ngettext, use_language
before = set(sys.modules)
code = use_language(sys.argv[1] or None)
new = {"gettext", "locale"} & (set(sys.modules) - before)
print(json.dumps([code, sorted(new), ngettext("one", "many", 1), ngettext("one", "many", 0)]))
"""


def chosen(checkout: Path, setting: str, **variables: str) -> list[object]:
    names = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
    here = {key: value for key, value in os.environ.items() if key not in names} | variables | {"PYTHONPATH": str(checkout)}
    said = subprocess.check_output([sys.executable, "-P", "-c", SCRIPT, setting], env=here, text=True, timeout=60)
    found: list[object] = json.loads(said)
    return found


@pytest.mark.parametrize(
    "variables",
    [{}, {"LANG": "C.UTF-8"}, {"LANG": "en_GB.UTF-8"}, {"LC_ALL": "POSIX", "LANG": "zh_CN.UTF-8"}, {"LANGUAGE": "en_AU:en"}],
)
def test_english_loads_nothing(checkout: Path, variables: dict[str, str]) -> None:
    assert chosen(checkout, "", **variables) == ["en", [], "one", "many"]
    assert chosen(checkout, "en_GB", LANG="zh_CN.UTF-8") == ["en", [], "one", "many"]


@pytest.mark.parametrize("variables", [{"LANG": "zh_CN.UTF-8"}, {"LANG": "en_GB.UTF-8", "LANGUAGE": "en_GB:zh_CN"}])
def test_another_language_is_looked_up(checkout: Path, variables: dict[str, str]) -> None:
    assert chosen(checkout, "", **variables)[:2] == ["zh_CN", ["gettext", "locale"]]
    assert chosen(checkout, "zh_CN", LANG="C")[0] == "zh_CN"
    assert chosen(checkout, "eo", LANG="C")[0] == "en"


def test_no_space_stays_between_two_han_characters() -> None:
    use_language("zh_CN")
    try:
        assert close_up("内核 结束了 python，因为 内存 耗尽。") == "内核结束了 python，因为内存耗尽。"
        assert close_up("systemd-oomd 结束了 Firefox") == "systemd-oomd 结束了 Firefox"
        assert close_up("2 s  x") == "2 s  x"
    finally:
        use_language("en")
    assert close_up("内核 结束") == "内核 结束"
