"""Whom a lasting rule may protect, and what root reads as a rule: nothing that somebody else decides."""

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from guardian.helper import root_files
from guardian.helper.errors import HelperError, Refused
from guardian.helper.root_files import make_folder, roots_file, write_whole
from guardian.helper.rule_acts import RuleList
from guardian.helper.rule_store import RuleStore, check_grant
from guardian.kernel.mounts import parse_mountinfo
from guardian.protocol.helper import RULES_FOLDER
from guardian.protocol.rules import Rule, parse_rule


@pytest.fixture
def soon() -> Iterator[None]:
    """Waiting for a pipe that nobody writes ends the test, not the whole run."""

    def late(*_: object) -> None:
        raise AssertionError("it waited for something of somebody else's")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(5)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def store(tmp_path: Path) -> RuleStore:
    (tmp_path / RULES_FOLDER).mkdir(parents=True)
    (tmp_path / RULES_FOLDER).chmod(0o755)
    return RuleStore(f"{tmp_path}/")


def test_a_program_of_roots_may_be_protected_and_its_links_are_followed() -> None:
    assert check_grant(Rule("exe", "/usr/bin/sleep", -500)).target == os.path.realpath("/usr/bin/sleep")
    assert roots_file("/bin/../bin/./sleep") == os.path.realpath("/bin/sleep")


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path, soon: None) -> None:
    os.mkfifo(tmp_path / "program")
    with pytest.raises(Refused):
        check_grant(Rule("exe", str(tmp_path / "program"), -500))


def test_nothing_below_a_folder_that_others_may_write(tmp_path: Path) -> None:
    (tmp_path / "sleep").symlink_to("/usr/bin/sleep")
    (tmp_path / "program").write_bytes(b"\x7fELF")
    for path in (tmp_path / "sleep", tmp_path / "program"):
        assert roots_file(str(path)) is None
        with pytest.raises(Refused):
            check_grant(Rule("exe", str(path), -500))


def test_links_in_a_ring_lead_nowhere() -> None:
    assert roots_file("/proc/self/cwd/../../proc/self/no-such") is None
    assert roots_file("/" + "usr/../" * 200 + "usr/bin/sleep") == os.path.realpath("/usr/bin/sleep")


def test_root_on_a_filesystem_without_setuid_is_not_believed() -> None:
    if not os.statvfs("/proc").f_flag & os.ST_NOSUID or os.stat("/proc/version").st_uid:
        pytest.skip("/proc is not mounted nosuid, as root's, here")
    assert roots_file("/proc/version") is None


@pytest.mark.parametrize("kind", ["nfs4", "autofs", "fuse.sshfs"])
def test_nothing_that_another_machine_answers_for_is_looked_at(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    real = os.lstat

    def lstat(path: str) -> os.stat_result:
        looked.append(path)
        return real(path)

    mounts = parse_mountinfo(f"1 0 0:1 / / rw - ext4 /dev/a rw\n2 1 0:2 / /usr/share rw - {kind} far rw\n")
    monkeypatch.setattr(root_files, "_machine_mounts", lambda: mounts)
    monkeypatch.setattr(os, "lstat", lstat)
    assert roots_file("/usr/share/common-licenses/GPL-3") is None
    assert looked == ["/", "/usr"]


def test_a_hardened_units_own_mounts_say_nothing_of_the_machines(checkout: Path) -> None:
    """Systemd mounts everything nosuid for a unit with NoNewPrivileges; owners count all the same."""
    script = (
        f"mount -o remount,bind,nosuid / && cd {shlex.quote(str(checkout))} && {shlex.quote(sys.executable)} -P -c "
        '\'import os, guardian.helper.root_files as f; print(os.statvfs("/usr/bin/sleep").f_flag & os.ST_NOSUID, '
        'f.roots_file("/usr/bin/sleep"))\''
    )
    done = subprocess.run(["unshare", "-m", "sh", "-c", script], capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        pytest.skip(f"mounts cannot be changed here: {done.stderr.strip()}")
    assert done.stdout.split() == [str(os.ST_NOSUID), os.path.realpath("/usr/bin/sleep")]


@pytest.mark.parametrize("path", ["/usr/bin/python3", "/bin/sh", "/usr/bin/env", "/lib64/ld-linux-x86-64.so.2", "/usr/bin/chrt"])
def test_what_runs_anything_is_not_protected(path: str) -> None:
    with pytest.raises(Refused, match="interpreter"):
        check_grant(Rule("exe", path, -1))


def test_a_rule_that_only_raises_asks_for_none_of_this(tmp_path: Path) -> None:
    rule = Rule("exe", str(tmp_path / "mine"), 300)
    assert check_grant(rule) == rule


def test_a_user_that_is_not_there() -> None:
    with pytest.raises(Refused, match="no such user"):
        check_grant(Rule("name", "postgres", -100, "no-such-user-here"))


@pytest.mark.parametrize("target", ['/opt/a "b" \\ c', "/opt/=[x]\u202e#'''", "/opt/数据"])
def test_a_rule_comes_back_as_it_was_put(store: RuleStore, target: str) -> None:
    rule = parse_rule({"exe": target, "adj": 10, "user": "root"})
    name = store.put(rule)
    assert store.read() == ([rule._replace(id=name)], [])
    assert store.remove(name)
    assert store.read() == ([], [])


def test_whoever_asks_often_for_the_rules_makes_nothing_be_read(store: RuleStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.put(Rule("exe", "/usr/bin/sleep", 100))
    read = 0
    real = RuleStore.read

    def counted(self: RuleStore) -> tuple[list[Rule], list[str]]:
        nonlocal read
        read += 1
        return real(self)

    monkeypatch.setattr(RuleStore, "read", counted)
    now = 100.0
    listed = RuleList(store.folder.removesuffix(RULES_FOLDER), lambda: now)
    assert [len(listed.rows()) for _ask in range(1000)] == [1] * 1000
    assert read == 1
    store.put(Rule("exe", "/usr/bin/true", 100))
    listed.forget()
    assert len(listed.rows()) == 2
    (Path(store.folder) / "by-hand.toml").write_text('exe = "/usr/bin/false"\nadj = 5\n')
    now += 1.1
    assert len(listed.rows()) == 3


def test_what_others_may_write_is_no_rule(store: RuleStore, soon: None) -> None:
    folder = Path(store.folder)
    text = 'unit = "a.service"\nadj = -1\n'
    (folder / "open.toml").write_text(text)
    (folder / "open.toml").chmod(0o666)
    (folder.parent / "elsewhere").write_text(text)
    (folder.parent / "elsewhere").chmod(0o644)
    (folder / "link.toml").symlink_to(folder.parent / "elsewhere")
    os.mkfifo(folder / "pipe.toml", 0o644)
    (folder / "good.toml").write_text(text)
    (folder / "good.toml").chmod(0o644)
    rules, complaints = store.read()
    assert [rule.id for rule in rules] == ["good"]
    assert len(complaints) == 3


def test_a_file_is_replaced_not_written_through(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("kept")
    (tmp_path / "rule").symlink_to(victim)
    write_whole(str(tmp_path / "rule"), "new")
    assert victim.read_text() == "kept"
    assert (tmp_path / "rule").read_text() == "new"
    assert not (tmp_path / "rule").is_symlink()


@pytest.mark.parametrize("mode", [0o775, 0o777])
def test_a_folder_that_others_may_write_is_not_used(tmp_path: Path, mode: int) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(mode)
    with pytest.raises(HelperError):
        make_folder(str(tmp_path / "open"))


def test_a_folder_behind_a_link_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir(mode=0o755)
    (tmp_path / "unit.d").symlink_to(tmp_path / "real")
    with pytest.raises(HelperError):
        make_folder(str(tmp_path / "unit.d"))
