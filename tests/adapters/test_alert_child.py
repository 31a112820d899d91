"""The program that sends, against a real receiver: what each fault is called, and that nothing comes out but a code."""

import errno
import json
import os
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from guardian.adapters.alert_child import MODULE, AlertChild, CannotSend, check_request, deliver, send_request
from guardian.adapters.alert_send import Reasons
from guardian.policy.channels import Channel
from guardian.policy.delivery import Delivery, delivery_words, parse_delivery
from guardian.policy.outbox import Words
from tests.conftest import PrivateBus
from tests.http_listener import Listener, http, read_request
from tests.http_receiver import HANG, LOSE_ANSWER, RESET, Receiver
from tests.smtp_receiver import MailReceiver

HOOK = Channel("hook", "webhook")
WORDS = Words("host: Critical: <b>firefox</b>", "It grows.\nid 7", urgent=True)
SECRET = "s3cret-token"


def sent(address: str, channel: Channel = HOOK) -> Delivery:
    return deliver(send_request(channel, WORDS, ask=False, address=address))


def test_a_webhook_has_the_message(receiver: Receiver) -> None:
    assert sent(f"{receiver.address}/{SECRET}") == Delivery("sent")
    (got,) = receiver.got
    assert (got["path"], got["title"], got["message"]) == (f"/{SECRET}", WORDS.title, WORDS.body)


def test_ntfy_has_the_message(receiver: Receiver) -> None:
    assert sent(f"{receiver.address}/topic", Channel("n", "ntfy")) == Delivery("sent")
    (got,) = receiver.got
    assert (got["topic"], got["title"]) == ("topic", WORDS.title)


@pytest.mark.parametrize(
    "how,delivery",
    [
        (500, Delivery("server", 500)),
        (429, Delivery("server", 429)),
        (401, Delivery("refused", 401)),
        (404, Delivery("refused", 404)),
        (302, Delivery("refused", 302)),
        (308, Delivery("refused", 308)),
        (RESET, Delivery("unreachable")),
        (LOSE_ANSWER, Delivery("unreachable")),
    ],
)
@pytest.mark.parametrize("kind", ["webhook", "ntfy"])
def test_what_each_fault_is_called(receiver: Receiver, how: int | str, delivery: Delivery, kind: str) -> None:
    receiver.how = how
    assert sent(f"{receiver.address}/x", Channel("c", kind)) == delivery
    # A redirection that was followed would have come back as a mere GET, and counted as delivered.
    assert receiver.asked == 1


def test_one_that_is_gone(receiver: Receiver) -> None:
    receiver.stop()
    assert sent(f"{receiver.address}/x") == Delivery("unreachable")


def test_one_that_does_not_answer(receiver: Receiver) -> None:
    receiver.how = HANG
    assert sent(f"{receiver.address}/x?rto=1.5") == Delivery("timeout")


def test_one_without_a_trusted_certificate(receiver: Receiver, tmp_path: Path) -> None:
    import ssl

    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "1"]
    try:
        subprocess.run([*command, "-subj", "/CN=localhost"], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("openssl is missing (Debian: openssl)")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    assert receiver._server is not None
    receiver._server.socket = context.wrap_socket(receiver._server.socket, server_side=True)
    assert sent(receiver.address.replace("http:", "jsons:") + "/x") == Delivery("certificate")
    assert receiver.got == []


def test_an_e_mail_arrives_or_says_why_not() -> None:
    mail = MailReceiver()
    address = f"mailto://anna:{SECRET}@127.0.0.1:{mail.port}?from=anna@here.example&to=bob@there.example&mode=insecure"
    channel = Channel("mail", "email")
    assert sent(address, channel) == Delivery("sent")
    text = mail.got[0].decode()
    assert "firefox" in text
    assert SECRET not in text
    assert mail.logins == [f"\0anna\0{SECRET}".encode()]
    mail.refuses = True
    assert sent(address, channel) == Delivery("refused")
    mail.stop()
    assert sent(address, channel) == Delivery("unreachable")
    assert len(mail.got) == 1


def test_matrix_is_left_properly() -> None:
    """A login that is not ended stays as a device of the account for ever."""
    asked = []

    def talk(line: socket.socket) -> None:
        while request := read_request(line):
            path = request.split()[1].decode()
            asked.append(path.partition("/v3/")[2].partition("/")[0])
            answer = {
                "access_token": "t",
                "user_id": "@u:h",
                "device_id": "d",
                "room_id": "!r:h",
                "event_id": "$e",
                "home_server": "h",
            }
            line.sendall(http(json.dumps(answer).encode(), "200 OK", "Content-Type: application/json"))

    with closing(Listener(talk)) as server:
        address = server.url.replace("http://", f"matrix://user:{SECRET}@") + "/%21r:h"
        assert sent(address, Channel("m", "matrix")) == Delivery("sent")
    assert asked == ["login", "join", "rooms", "logout"]


def test_addresses_are_looked_at_without_sending(receiver: Receiver) -> None:
    assert deliver(check_request(HOOK, f"{receiver.address}/x")) == Delivery("sent")
    assert deliver(check_request(Channel("t", "telegram"), "tgram://nonsense")) == Delivery("address")
    assert deliver(check_request(Channel("o", "other"), "nosuchservice://x/y")) == Delivery("address")
    assert receiver.asked == 0


def test_without_a_keyring_it_says_so(private_bus: PrivateBus) -> None:
    assert deliver(send_request(HOOK, WORDS, ask=False)) == Delivery("no-keyring")


@pytest.mark.parametrize(
    "request_text", [b"", b"{", b"[]", b'{"act": "send", "kind": "fax", "address": "json://s3cret-token"}', b"\xff"]
)
def test_nonsense_is_answered_by_a_code_alone(request_text: bytes, checkout: Path) -> None:
    here = os.environ | {"PYTHONPATH": str(checkout)}
    done = subprocess.run(
        [sys.executable, "-m", MODULE], input=request_text, env=here, capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout) == {"code": "failed", "status": None}


def test_nobody_may_look_into_it_and_no_core_is_written(checkout: Path) -> None:
    script = (
        "import ctypes, resource, guardian.adapters.alert_send as send\n"
        "send.harden()\n"
        "print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), resource.getrlimit(resource.RLIMIT_CORE))\n"
    )
    here = os.environ | {"PYTHONPATH": str(checkout)}
    done = subprocess.run([sys.executable, "-c", script], env=here, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == "0 (0, 0)\n", done.stderr


def test_a_missing_library_is_named(receiver: Receiver, checkout: Path) -> None:
    request = send_request(HOOK, WORDS, ask=False, address=f"{receiver.address}/{SECRET}")
    here = os.environ | {"PYTHONPATH": str(checkout)}
    for library, address in (("apprise", request), ("keyring", send_request(HOOK, WORDS, ask=False))):
        script = f"import sys; sys.modules[{library!r}] = None; import guardian.adapters.alert_send as send; send.main()"
        done = subprocess.run(
            [sys.executable, "-c", script], input=address, env=here, capture_output=True, timeout=60, check=False
        )
        assert json.loads(done.stdout)["code"] == {"apprise": "library", "keyring": "no-keyring"}[library]
    assert "python3-apprise" in delivery_words("library")


def test_a_fault_inside_shows_nothing_of_the_address(receiver: Receiver, checkout: Path) -> None:
    """A library that fails with the address in its words, and one that writes to stderr at exit."""
    script = (
        "import apprise, guardian.adapters.alert_send as send\n"
        "def fail(self, *a, **k): raise RuntimeError(repr(self.url()))\n"
        "apprise.Apprise.notify = fail\n"
        "send.main()\n"
    )
    request = send_request(HOOK, WORDS, ask=False, address=f"{receiver.address}/{SECRET}")
    here = os.environ | {"PYTHONPATH": str(checkout), "PYTHONFAULTHANDLER": "1"}
    done = subprocess.run([sys.executable, "-c", script], input=request, env=here, capture_output=True, timeout=60, check=False)
    assert json.loads(done.stdout) == {"code": "failed", "status": None}
    assert SECRET.encode() not in done.stdout + done.stderr


def test_apprise_would_log_addresses_and_is_not_let(receiver: Receiver, checkout: Path) -> None:
    """What the silence is for: with it nothing comes out even at the lowest level, without it the address does."""
    script = (
        "import logging, sys, guardian.adapters.alert_send as send\n"
        "logging.basicConfig(level=1, stream=sys.stderr)\n"
        "if sys.argv[1] == 'loud': send.silence = lambda: send.Reasons()\n"
        "send.main()\n"
    )
    request = send_request(HOOK, WORDS, ask=False, address=f"{receiver.address}/{SECRET}")
    here = os.environ | {"PYTHONPATH": str(checkout)}
    for how, leaks in (("loud", True), ("silent", False)):
        command = [sys.executable, "-c", script, how]
        done = subprocess.run(command, input=request, env=here, capture_output=True, timeout=60, check=False)
        assert (SECRET.encode() in done.stderr) is leaks
        assert json.loads(done.stdout)["code"] == "sent"


def test_it_can_be_ended_and_leaves_nothing(receiver: Receiver) -> None:
    receiver.how = HANG
    child = AlertChild(send_request(HOOK, WORDS, ask=False, address=f"{receiver.address}/x"))
    assert not child.wait(0.2)
    pid = child._pid
    child.end()
    assert not Path(f"/proc/{pid}").exists()
    assert child.delivery() == Delivery("failed")


def test_without_a_descriptor_left_it_is_not_started(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(_path: str, _flags: int) -> int:
        raise OSError(errno.EMFILE, "Too many open files")

    before = os.listdir("/proc/self/fd")
    with monkeypatch.context() as limits:
        limits.setattr(os, "open", none_left)
        with pytest.raises(CannotSend, match="Too many"):
            AlertChild(send_request(HOOK, WORDS, ask=False))
    assert os.listdir("/proc/self/fd") == before


def test_codes_from_outside_are_not_believed() -> None:
    assert parse_delivery("sent", None) == Delivery("sent")
    assert parse_delivery(["sent"], "x") == parse_delivery("no such", 7) == Delivery("failed")
    assert "HTTP 503" in delivery_words("server", 503)
    assert delivery_words("nonsense")


def test_reasons_survive_records_that_cannot_be_written() -> None:
    import logging

    reasons = Reasons()
    reasons.emit(logging.LogRecord("x", logging.WARNING, "x", 1, "%d", ("no number",), None))
    assert reasons.delivery() == Delivery("failed")
