"""The helper's bookkeeping of calls: limits of each user, and questions that nobody answers."""

import gc
import itertools
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from jeepney import DBusAddress, HeaderFields, Message, new_error, new_method_call, new_method_return
from jeepney.io.blocking import DBusConnection

from guardian.helper.service import Service
from guardian.kernel.process import parse_stat
from guardian.protocol.helper import DIALOG_SECONDS, DIALOGS_PER_USER, HELPER_INTERFACE, HELPER_NAME, HELPER_PATH, METHODS

ADDRESS = DBusAddress(HELPER_PATH, HELPER_NAME, HELPER_INTERFACE)
ASK = {"interactive": ("b", True)}
ANNA, BERT = (":1.7", 1000), (":1.8", 1001)


class World:
    """The other end of the bus: it hands calls in, answers who the caller is, and keeps what is asked of polkit unanswered."""

    unique_name = ":1.0"

    def __init__(self, clock: list[float]) -> None:
        self.outgoing_serial = itertools.count(1)
        self.sent: list[Message] = []
        self.clock = clock
        self.service = Service(cast("DBusConnection", self), "/")
        self._calls = itertools.count(1)

    def send(self, message: Message, serial: int | None = None) -> None:
        message.header.serial = next(self.outgoing_serial) if serial is None else serial
        self.sent.append(message)

    def call(self, who: tuple[str, int], member: str, body: tuple[Any, ...]) -> None:
        call = new_method_call(ADDRESS, member, METHODS[member].takes, body)
        call.header.fields[HeaderFields.sender] = who[0]
        call.header.serial = next(self._calls)
        self.service._take(Message.from_buffer(call.serialise(call.header.serial)))
        if self.asked()[-1:] == ["GetConnectionUnixUser"]:
            self.answer(self.sent[-1], "u", (who[1],))

    def answer(self, asked: Message, signature: str, body: tuple[Any, ...]) -> None:
        self.service._take(new_method_return(asked, signature, body))

    def asked(self) -> list[str]:
        return [str(message.header.fields.get(HeaderFields.member)) for message in self.sent]

    def errors(self) -> list[str]:
        names = [str(message.header.fields.get(HeaderFields.error_name, "")) for message in self.sent]
        return [name.rpartition(".")[2] for name in names if name]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    clock = [1000.0]
    monkeypatch.setattr("guardian.helper.service.time.monotonic", lambda: clock[0])
    monkeypatch.setattr("guardian.helper.journal.note", lambda *_, **__: None)
    return World(clock)


@pytest.fixture
def target() -> Iterator[tuple[int, int]]:
    with subprocess.Popen(["/bin/sleep", "60"]) as process:
        yield process.pid, parse_stat(Path(f"/proc/{process.pid}/stat").read_text()).start_ticks
        process.kill()


def descriptors() -> int:
    gc.collect()  # what other tests left open
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_user_has_few_dialogs_open_and_another_is_not_hindered(world: World, target: tuple[int, int]) -> None:
    for _ in range(DIALOGS_PER_USER + 1):
        world.call(ANNA, "SetOomScoreAdj", (*target, 900, ASK))
    assert world.asked().count("CheckAuthorization") == DIALOGS_PER_USER
    assert world.errors() == ["NotAuthorized"]
    world.call(BERT, "SetOomScoreAdj", (*target, 900, ASK))
    assert world.asked().count("CheckAuthorization") == DIALOGS_PER_USER + 1


def test_a_question_that_nobody_answers_ends_is_told_and_frees_its_place(world: World, target: tuple[int, int]) -> None:
    held = descriptors()
    world.call(ANNA, "SetOomScoreAdj", (*target, 900, ASK))
    question = world.sent[-1]
    world.clock[0] += DIALOG_SECONDS + 1
    world.service._expire()
    assert world.asked().count("CancelCheckAuthorization") == 1
    assert world.errors() == ["Failed"]
    assert descriptors() == held
    assert world.service._dialogs[ANNA[1]] == world.service._held[ANNA[1]] == 0
    before = len(world.sent)
    world.answer(question, "(bba{ss})", ((True, False, {}),))  # too late
    assert len(world.sent) == before
    assert Path(f"/proc/{target[0]}/oom_score_adj").read_text() != "900\n"


def test_calls_without_a_dialog_are_limited_too_and_root_is_not(world: World, target: tuple[int, int]) -> None:
    held = descriptors()
    for _ in range(200):
        world.call(ANNA, "SetOomScoreAdj", (*target, 900, {}))
    assert descriptors() - held < 100
    assert "NotAuthorized" in world.errors()
    world.sent.clear()
    for _ in range(80):
        world.call((":1.1", 0), "SetOomScoreAdj", (*target, 900, {}))
    assert world.asked().count("CheckAuthorization") == 80
    world.clock[0] += DIALOG_SECONDS + 1
    world.service._expire()
    assert descriptors() == held


@pytest.mark.parametrize("body", [((False, False, {}),), ((False, True, {}),)])
def test_a_no_is_a_no(world: World, target: tuple[int, int], body: tuple[Any, ...]) -> None:
    world.call(ANNA, "SetOomScoreAdj", (*target, 900, ASK))
    world.answer(world.sent[-1], "(bba{ss})", body)
    assert world.errors() == ["NotAuthorized"]


@pytest.mark.parametrize("signature, body", [("s", ("yes",)), (None, ()), ("b", (True,)), ("(bb)", ((True, True),))])
def test_an_answer_that_is_none_changes_nothing(
    world: World, target: tuple[int, int], signature: str, body: tuple[Any, ...]
) -> None:
    world.call(ANNA, "SetOomScoreAdj", (*target, 900, ASK))
    world.answer(world.sent[-1], signature, body)
    assert world.errors() == ["Failed"]
    assert world.service._dialogs[ANNA[1]] == 0


def test_a_yes_for_a_caller_who_has_left_changes_nothing(world: World, target: tuple[int, int]) -> None:
    world.call(ANNA, "SetOomScoreAdj", (*target, 900, ASK))
    world.answer(world.sent[-1], "(bba{ss})", ((True, False, {}),))
    assert world.asked()[-1] == "NameHasOwner"
    world.answer(world.sent[-1], "b", (False,))
    assert world.errors() == ["NotAuthorized"]
    assert Path(f"/proc/{target[0]}/oom_score_adj").read_text() != "900\n"


def test_polkit_that_is_not_there_is_said(world: World, target: tuple[int, int]) -> None:
    world.call(ANNA, "SetOomScoreAdj", (*target, 900, {}))
    world.service._take(new_error(world.sent[-1], "org.freedesktop.DBus.Error.ServiceUnknown", "s", ("no",)))
    assert world.errors() == ["Failed"]
