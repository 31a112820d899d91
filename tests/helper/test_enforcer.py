"""Which unit a process belongs to, as rules see it: named by the system's own systemd, not by what runs below."""

import os
import pwd
from pathlib import Path

import pytest

from guardian.helper.enforcer import Enforcer, unit_of
from guardian.helper.rule_store import RuleStore
from guardian.protocol.helper import RULES_FOLDER
from guardian.protocol.rules import parse_rule

USER = pwd.getpwall()[0]
SYSTEM = "/system.slice/a.service"


class World:
    """A root with one process, 77, that runs `sleep`."""

    def __init__(self, root: Path) -> None:
        self.root, self.process = f"{root}/", root / "proc/77"
        self.process.mkdir(parents=True)
        Path(self.root, RULES_FOLDER).mkdir(parents=True)
        for folder in (Path(self.root, RULES_FOLDER), Path(self.root, RULES_FOLDER).parent):
            folder.chmod(0o755)
        fields = Path("/proc/self/stat").read_text().rpartition(") ")[2].split()
        self.write("stat", f"77 (sleep) {' '.join(['S', *fields[1:]])}\n")
        self.write("comm", "sleep\n")
        self.be(USER.pw_uid, SYSTEM)
        (self.process / "exe").symlink_to("/bin/sleep")

    def write(self, name: str, text: str) -> None:
        (self.process / name).write_text(text)

    def be(self, uid: int, group: str, saved: int | None = None) -> None:
        self.write("status", f"Name:\tsleep\nUid:\t{uid}\t{uid}\t{uid if saved is None else saved}\t{uid}\n")
        self.write("cgroup", f"0::{group}\n")

    def held(self, *rules: dict[str, str | int]) -> str:
        """oom_score_adj after these rules were applied."""
        self.write("oom_score_adj", "0\n")
        store = RuleStore(self.root)
        names = [store.put(parse_rule(rule)) for rule in rules]
        enforcer = Enforcer(self.root)
        enforcer.reload()
        enforcer.apply_all()
        for name in names:
            store.remove(name)
        return (self.process / "oom_score_adj").read_text().strip()


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_a_unit_is_lowered_below_system_slice_only(world: World) -> None:
    rule: dict[str, str | int] = {"unit": "a.service", "adj": -500}
    assert world.held(rule) == "-500"
    for group in (
        f"/user.slice/user-1.slice/user@1.service/app.slice{SYSTEM}",
        "/system.slice/box.scope" + SYSTEM,
        "/x" + SYSTEM,
    ):
        world.be(USER.pw_uid, group)
        assert world.held(rule) == "0"


def test_a_name_is_lowered_only_where_every_uid_is_the_users(world: World) -> None:
    rule: dict[str, str | int] = {"name": "sleep", "adj": -500, "user": USER.pw_name}
    assert world.held(rule) == "-500"
    world.be(USER.pw_uid, SYSTEM, saved=USER.pw_uid + 1)
    assert world.held(rule) == "0"
    world.be(USER.pw_uid + 1, SYSTEM)
    assert world.held(rule) == "0"


def test_a_program_is_known_by_its_file_not_by_its_path(world: World, tmp_path: Path) -> None:
    rule: dict[str, str | int] = {"exe": "/bin/sleep", "adj": 300}
    assert world.held(rule) == "300"
    (tmp_path / "sleep").write_bytes(Path("/bin/sleep").read_bytes())
    (world.process / "exe").unlink()
    (world.process / "exe").symlink_to(tmp_path / "sleep")
    assert world.held(rule) == "0"


def test_a_program_that_cannot_be_seen_is_known_by_the_rest(world: World) -> None:
    (world.process / "exe").unlink()
    assert world.held({"exe": "/bin/sleep", "adj": 300}, {"unit": "a.service", "adj": 200}) == "200"


def test_a_program_that_became_others_rests(world: World, tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_bytes(b"\x7fELF")
    os.unlink(world.process / "exe")
    (world.process / "exe").symlink_to(program)
    assert world.held({"exe": str(program), "adj": -500}) == "0"
    assert world.held({"exe": str(program), "adj": 500}) == "500"


@pytest.mark.parametrize(
    "path, unit, system",
    [
        ("/system.slice/postgresql.service", "postgresql.service", True),
        ("/system.slice/system-postgresql.slice/postgresql@15-main.service", "postgresql@15-main.service", True),
        ("/system.slice/docker-0a1b.scope/system.slice/postgresql.service", "docker-0a1b.scope", True),
        ("/system.slice/worker.service/postgresql.service", "worker.service", True),
        ("/machine.slice/machine-a.scope/payload/system.slice/postgresql.service", "machine-a.scope", False),
        ("/user.slice/user-1000.slice/user@1000.service/app.slice/app-firefox.scope", "app-firefox.scope", False),
        ("/user.slice/user-1000.slice/user@1000.service/app.slice/a.service/b.service", "a.service", False),
        ("/user.slice/user-1000.slice/user@1000.service/system.slice/a.service", "a.service", False),
        ("/user.slice/user-1000.slice/user@1000.service/init.scope", "init.scope", False),
        ("/user.slice/user-1000.slice/session-2.scope", "session-2.scope", False),
        ("/docker/0a1b/system.slice/postgresql.service", None, False),
        ("/system.slice", None, True),
        ("/", None, False),
    ],
)
def test_the_outermost_unit_counts(path: str, unit: str | None, system: bool) -> None:
    assert unit_of(path) == (unit, system)


def test_what_the_program_set_since_is_left_to_it_unless_the_rule_insists(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("guardian.helper.enforcer.time.monotonic", lambda: now)
    store, enforcer = RuleStore(world.root), Enforcer(world.root)
    world.write("oom_score_adj", "0\n")
    rule = {"unit": "a.service", "adj": 300}
    store.put(parse_rule(rule))
    assert enforcer.reload()
    assert enforcer.apply_all() == 1
    world.write("oom_score_adj", "100\n")
    now += 3600
    assert enforcer.apply_all() == 0
    # Another wish is one that was not yet tried.
    store.put(parse_rule(rule | {"adj": 400, "insist": True}))
    enforcer._stamp = ()
    enforcer.reload()
    assert enforcer.apply_all() == 1
    world.write("oom_score_adj", "100\n")
    assert enforcer.apply_all() == 0
    now += 61
    assert enforcer.apply_all() == 1
    assert (world.process / "oom_score_adj").read_text().strip() == "400"
