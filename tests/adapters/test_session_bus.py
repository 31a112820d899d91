"""A connection to a message bus, against the real dbus-daemon and against streams that no bus would send."""

import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jeepney import DBusAddress, HeaderFields, Message, new_method_call, new_method_return, new_signal

from guardian.adapters.session_bus import (
    BUS,
    MOST_MESSAGE,
    MOST_UNSENT,
    BusConnection,
    BusLost,
    CallFailed,
    NoBus,
    connect,
    session_bus_address,
)
from tests.conftest import PrivateBus

SIGNAL = DBusAddress("/x", interface="org.example.X")


@pytest.fixture
def pair() -> Iterator[tuple[BusConnection, socket.socket]]:
    """A connection and the far end of its socket."""
    near, far = socket.socketpair()
    near.setblocking(False)
    connection = BusConnection(near)
    with closing(connection), far:
        yield connection, far


def note(text: str) -> Message:
    return new_signal(SIGNAL, "Note", "s", (text,))


def texts(connection: BusConnection) -> list[str]:
    return [message.body[0] for message in connection.receive()]


def drain(connection: BusConnection) -> None:
    """Read until nothing comes for five seconds."""
    while select.select([connection], [], [], 5)[0]:
        connection.receive()


def test_the_address_comes_from_the_environment_else_from_the_runtime_folder(tmp_path: Path) -> None:
    assert session_bus_address({"DBUS_SESSION_BUS_ADDRESS": "unix:path=/a", "XDG_RUNTIME_DIR": str(tmp_path)}) == "unix:path=/a"
    with pytest.raises(NoBus, match="DBUS_SESSION_BUS_ADDRESS"):
        session_bus_address({"XDG_RUNTIME_DIR": str(tmp_path)})
    (tmp_path / "bus").touch()
    with pytest.raises(NoBus):
        session_bus_address({"XDG_RUNTIME_DIR": str(tmp_path)})
    (tmp_path / "bus").unlink()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "bus"))
        assert session_bus_address({"XDG_RUNTIME_DIR": str(tmp_path)}) == f"unix:path={tmp_path / 'bus'}"


@pytest.mark.parametrize(
    "address", ["autolaunch:", "disabled:", "", "unix:path=/nowhere/at/all", "tcp:host=localhost", "nonsense"]
)
def test_an_address_without_a_bus_says_why(address: str) -> None:
    with pytest.raises(NoBus, match="No bus at"):
        connect(address)


def test_a_socket_that_never_answers_is_left_in_time(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "mute"))
        listening.listen()
        begun = time.monotonic()
        with pytest.raises(NoBus, match="timed out"):
            connect(f"unix:path={tmp_path / 'mute'}", timeout=0.2)
        assert time.monotonic() - begun < 2


def test_a_call_is_answered_and_an_error_is_named(private_bus: PrivateBus) -> None:
    with closing(connect(private_bus.address)) as connection:
        assert connection.unique_name.startswith(":1.")
        (names,) = connection.call(new_method_call(BUS, "ListNames"))
        assert connection.unique_name in names
        with pytest.raises(CallFailed) as failed:
            connection.call(new_method_call(BUS, "NoSuchMethod"))
        assert failed.value.name == "org.freedesktop.DBus.Error.UnknownMethod"


def test_a_name_has_one_owner_and_nobody_queues(private_bus: PrivateBus) -> None:
    with closing(connect(private_bus.address)) as second:
        with closing(connect(private_bus.address)) as first:
            assert first.request_name("org.example.Name")
            assert first.request_name("org.example.Name")
            assert not second.request_name("org.example.Name")
        for _attempt in range(100):
            if second.request_name("org.example.Name"):
                break
            time.sleep(0.01)
        assert second.request_name("org.example.Name")


def test_what_arrives_during_a_call_is_kept(private_bus: PrivateBus) -> None:
    with closing(connect(private_bus.address)) as talker, closing(connect(private_bus.address)) as listener:
        listener.add_match("type='signal',interface='org.example.X'")
        listener.call(new_method_call(BUS, "GetId"))
        for text in "abc":
            talker.send(note(text))
        talker.call(new_method_call(BUS, "GetId"))
        listener.call(new_method_call(BUS, "GetId"))
        assert listener.kept
        heard = [message.body for message in listener.receive() if message.header.fields.get(HeaderFields.member) == "Note"]
        assert heard == [("a",), ("b",), ("c",)]
        assert not listener.kept


def test_the_end_of_the_bus_is_told(private_bus: PrivateBus) -> None:
    with closing(connect(private_bus.address)) as connection:
        private_bus.stop()
        with pytest.raises(BusLost):
            drain(connection)


def test_no_answer_in_time_is_no_answer(pair: tuple[BusConnection, socket.socket]) -> None:
    connection, _far = pair
    with pytest.raises(CallFailed, match="no answer") as failed:
        connection.call(new_method_call(BUS, "GetId"), timeout=0.05)
    assert failed.value.name.endswith(".NoReply")


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), max_size=8), st.data())
def test_messages_come_whole_however_the_stream_is_cut(notes: list[str], data: st.DataObject) -> None:
    stream = b"".join(note(text).serialise(serial=at + 1) for at, text in enumerate(notes))
    near, far = socket.socketpair()
    near.setblocking(False)
    with closing(BusConnection(near)) as connection, far:
        heard: list[str] = []
        while stream:
            cut = data.draw(st.integers(1, len(stream)))
            far.sendall(stream[:cut])
            stream = stream[cut:]
            heard += texts(connection)
        assert heard == notes


@given(st.binary(max_size=200))
def test_bytes_that_are_no_message_raise_nothing(junk: bytes) -> None:
    near, far = socket.socketpair()
    near.setblocking(False)
    with closing(BusConnection(near)) as connection, far:
        far.sendall(junk)
        connection.receive()


def test_a_message_of_unknown_kind_is_left_out_and_the_next_one_read(pair: tuple[BusConnection, socket.socket]) -> None:
    connection, far = pair
    odd_kind = bytearray(note("odd").serialise(serial=1))
    odd_kind[1] = 9
    odd_field = bytearray(note("odd").serialise(serial=2))
    odd_field[16] = 77
    far.sendall(bytes(odd_kind + odd_field) + note("even").serialise(serial=3))
    assert texts(connection) == ["even"]


def test_a_message_too_large_is_skipped_without_being_held(pair: tuple[BusConnection, socket.socket]) -> None:
    connection, far = pair
    stream = note("x" * (MOST_MESSAGE + 1)).serialise(serial=1) + note("small").serialise(serial=2)
    sender = threading.Thread(target=far.sendall, args=(stream,))
    sender.start()
    heard: list[str] = []
    for _attempt in range(1000):
        heard += texts(connection)
        assert len(connection._received) <= 1 << 20
        if heard:
            break
        time.sleep(0.002)
    sender.join()
    assert heard == ["small"]


def test_a_bus_that_reads_nothing_any_more_is_given_up(pair: tuple[BusConnection, socket.socket]) -> None:
    connection, _far = pair
    large = note("x" * MOST_UNSENT)
    for _message in range(2):
        try:
            connection.send(large)
        except BusLost:
            break
    with pytest.raises(BusLost):
        connection.send(large)
    assert connection.fileno() == -1


def test_an_answer_is_found_among_others(pair: tuple[BusConnection, socket.socket]) -> None:
    connection, far = pair
    call = new_method_call(BUS, "GetId")
    call.header.serial = 1
    far.sendall(note("before").serialise(serial=1) + new_method_return(call, "s", ("id",)).serialise(serial=2))
    far.sendall(note("after").serialise(serial=3))
    assert connection.call(call) == ("id",)
    assert texts(connection) == ["before", "after"]
