"""The user's own rules on the disk: kept, replaced, broken, set aside."""

from pathlib import Path

import pytest

from guardian.adapters.user_rules import UserRuleFile
from guardian.protocol.rules import Rule, RuleError


@pytest.fixture
def file(tmp_path: Path) -> UserRuleFile:
    return UserRuleFile(tmp_path / "sub" / "rules.toml")


def test_a_rule_is_kept_replaced_and_removed(file: UserRuleFile) -> None:
    assert file.read() == ((), ())
    name = file.put(Rule("exe", '/opt/odd "name"/x', 300))
    assert file.put(Rule("exe", '/opt/odd "name"/x', 400)) == name
    file.put(Rule("app", "org.example.App", 100, "anna"))
    again = UserRuleFile(file.path).read()
    assert [rule.adj for rule in again.rules] == [400, 100]
    assert file.remove(name)
    assert not file.remove(name)
    assert [rule.kind for rule in file.read().rules] == ["app"]


def test_protecting_is_not_for_this_file(file: UserRuleFile) -> None:
    with pytest.raises(RuleError):
        file.put(Rule("exe", "/usr/bin/x", -1))


def test_a_broken_file_is_kept_aside_and_named(file: UserRuleFile) -> None:
    Path(file.path).parent.mkdir()
    Path(file.path).write_text("[[rule]\n")
    (complaint,) = file.read().complaints
    (aside,) = Path(file.path).parent.glob("rules.toml.broken-*")
    assert aside.name in complaint
    assert aside.read_text() == "[[rule]\n"
    file.put(Rule("exe", "/usr/bin/x", 1))
    assert len(file.read().rules) == 1


def test_a_bad_rule_is_named_and_the_others_count(file: UserRuleFile) -> None:
    Path(file.path).parent.mkdir()
    Path(file.path).write_text(
        'rule = [5, {exe = "x", adj = 1}, {exe = "/usr/bin/x", adj = 7}, {exe = "/usr/bin/y", adj = -7}]\n'
    )
    found = file.read()
    assert [rule.adj for rule in found.rules] == [7]
    assert len(found.complaints) == 3


def test_what_is_not_understood_is_not_lost_by_a_new_rule(file: UserRuleFile) -> None:
    Path(file.path).parent.mkdir()
    text = 'rule = [{exe = "/usr/bin/x", adj = 7}, {exe = "/usr/bin/y", adj = 5, since = "later"}]\n'
    Path(file.path).write_text(text)
    (kept,) = file.read().rules
    with pytest.raises(OSError, match="would be lost"):
        file.put(Rule("exe", "/usr/bin/z", 1))
    with pytest.raises(OSError, match="would be lost"):
        file.remove(kept.id)
    assert Path(file.path).read_text() == text


def test_a_changed_file_is_read_again(file: UserRuleFile) -> None:
    file.put(Rule("exe", "/usr/bin/x", 1))
    assert len(file.read().rules) == 1
    other = UserRuleFile(file.path)
    other.put(Rule("exe", "/usr/bin/y", 2))
    assert len(file.read().rules) == 2
