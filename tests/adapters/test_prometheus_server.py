"""Questions over real sockets: servers that refuse, point elsewhere, drip, flood and lie; TLS; logins from a real keyring."""

import gzip
import ipaddress
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from guardian.adapters import prometheus_server, secrets
from guardian.adapters.fleet_login import LoginNotKept, forget_login, keep_login
from guardian.adapters.prometheus_server import PrometheusServer, ServerTrouble
from guardian.adapters.settings_file import SettingsFile
from guardian.policy.server_address import ServerChoice, parse_address
from tests.conftest import PrivateBus
from tests.http_listener import Listener, Talk, http, read_request
from tests.secret_service import SecretService

GOOD = json.dumps(
    {"status": "success", "data": {"resultType": "vector", "result": [{"metric": {}, "value": [1, "42"]}]}}
).encode()


@pytest.fixture
def listen() -> Iterator[Callable[..., Listener]]:
    made: list[Listener] = []

    def listening(talk: Talk | bytes, context: ssl.SSLContext | None = None) -> Listener:
        def always(line: socket.socket) -> None:
            while request := read_request(line):
                listener.requests.append(request)
                line.sendall(talk)  # type: ignore[arg-type]

        listener = Listener(always if isinstance(talk, bytes) else talk, context)
        made.append(listener)
        return listener

    yield listening
    for listener in made:
        listener.close()


def server(url: str, **more: object) -> PrometheusServer:
    return PrometheusServer(ServerChoice(parse_address(url))._replace(**more))  # type: ignore[arg-type]


def trouble(asked: PrometheusServer) -> ServerTrouble:
    with pytest.raises(ServerTrouble) as told:
        asked.instant("up")
    asked.close()
    text = str(told.value)
    assert text.isprintable()
    assert text.endswith(".") or ": " in text
    return told.value


def test_one_connection_carries_all_questions(listen: Callable[..., Listener]) -> None:
    listener = listen(http(GOOD))
    asked = server(listener.url)
    assert [asked.instant("up", 5.0)[0].last, asked.range("up", 1, 2, 1)[0].last, asked.instant("b")[0].last] == [42, 42, 42]
    asked.close()
    assert listener.connections == 1
    assert listener.requests[0].startswith(b"POST /api/v1/query HTTP/1.1")
    assert listener.requests[0].endswith(b"query=up&time=5.000")
    assert b"POST /api/v1/query_range " in listener.requests[1]
    assert b"authorization" not in b"".join(listener.requests).lower()


def test_a_connection_that_was_closed_meanwhile_is_opened_again(listen: Callable[..., Listener]) -> None:
    def once(line: socket.socket) -> None:
        read_request(line)
        line.sendall(http(GOOD))

    listener = listen(once)
    asked = server(listener.url)
    assert [asked.instant("up")[0].last for _time in range(3)] == [42, 42, 42]
    asked.close()
    assert listener.connections == 3


def test_a_path_before_the_api_is_kept(listen: Callable[..., Listener]) -> None:
    listener = listen(http(GOOD))
    asked = server(listener.url + "/prometheus/")
    asked.instant("up")
    asked.close()
    assert listener.requests[0].startswith(b"POST /prometheus/api/v1/query ")


def test_a_packed_answer_is_unpacked(listen: Callable[..., Listener]) -> None:
    asked = server(listen(http(gzip.compress(GOOD), "200 OK", "Content-Encoding: gzip")).url)
    assert asked.instant("up")[0].last == 42
    asked.close()


@pytest.mark.parametrize(
    "answer,kind,words",
    [
        (http(b"", "401 Unauthorized"), "login", "wants a login"),
        (http(b"", "404 Not Found"), "answer", "no Prometheus there"),
        (http(b"oops", "502 Bad Gateway"), "unreachable", "error 502"),
        (http(b"<html>"), "answer", "cannot be read"),
        (http(b'{"status":"error","error":"too many samples"}', "422 Unprocessable Entity"), "answer", "too many samples"),
        (http(b"", "302 Found", "Location: https://evil.example/\x1b[2J"), "answer", "points to https://evil.example/"),
        (http(GOOD, "200 OK", "Content-Encoding: br"), "answer", "packed"),
        (http(gzip.compress(GOOD)[:20], "200 OK", "Content-Encoding: gzip"), "answer|unreachable", ""),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "unreachable", "does not answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", "unreachable", "does not answer"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n", "unreachable", "does not answer"),
        (b"\x16\x03\x01\x00\x00", "unreachable", "does not answer"),
    ],
)
def test_what_goes_wrong_is_one_sentence(listen: Callable[..., Listener], answer: bytes, kind: str, words: str) -> None:
    def say_and_leave(line: socket.socket) -> None:
        read_request(line)
        line.sendall(answer)

    told = trouble(server(listen(say_and_leave).url))
    assert told.kind in kind
    assert words in str(told)


def test_nobody_there_and_no_such_name() -> None:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    told = trouble(server(f"http://127.0.0.1:{port}"))
    assert (told.kind, "Connection refused" in str(told)) == ("unreachable", True)


def test_a_flood_is_cut(listen: Callable[..., Listener], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prometheus_server, "MOST_BYTES", 1 << 20)

    def flood(line: socket.socket) -> None:
        read_request(line)
        line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            line.sendall(b" " * 65536)

    assert "longer" in str(trouble(server(listen(flood).url)))


def test_what_unpacks_into_a_flood_is_cut(listen: Callable[..., Listener], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prometheus_server, "MOST_BYTES", 1 << 20)
    bomb = gzip.compress(b" " * (64 << 20))
    assert "longer" in str(trouble(server(listen(http(bomb, "200 OK", "Content-Encoding: gzip")).url)))


@pytest.mark.parametrize("begin", [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\n\r\n"], ids=["first", "head", "body"])
def test_a_drip_ends_in_time(listen: Callable[..., Listener], monkeypatch: pytest.MonkeyPatch, begin: bytes) -> None:
    monkeypatch.setattr(prometheus_server, "CONNECT_SECONDS", 0.5)
    monkeypatch.setattr(prometheus_server, "ANSWER_SECONDS", 1.0)
    ended = threading.Event()

    def drip(line: socket.socket) -> None:
        read_request(line)
        line.sendall(begin)
        while not ended.wait(0.05):
            line.sendall(b" ")

    begun = time.monotonic()
    told = trouble(server(listen(drip).url))
    ended.set()
    assert told.kind == "unreachable"
    assert time.monotonic() - begun < 10


def test_a_question_can_be_cancelled_from_another_thread(listen: Callable[..., Listener]) -> None:
    reached = threading.Event()

    def hang(line: socket.socket) -> None:
        read_request(line)
        reached.set()
        line.recv(1)

    asked = server(listen(hang).url)
    canceller = threading.Thread(target=lambda: (reached.wait(20), asked.cancel()))
    canceller.start()
    assert trouble(asked).kind == "cancelled"
    canceller.join(20)
    assert trouble(asked).kind == "cancelled"


# TLS


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Path, Path]]:
    """Makes a certificate for an address, of an authority of the test's own; gives it (with its key) and the authority's."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    def named(name: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])

    def issue(address: str) -> tuple[Path, Path]:
        folder = tmp_path_factory.mktemp("tls")
        now = datetime.now(UTC)
        root, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        base = x509.CertificateBuilder().not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        ca = (
            base.subject_name(named("Own"))
            .issuer_name(named("Own"))
            .public_key(root.public_key())
            .serial_number(x509.random_serial_number())
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(root.public_key()), critical=False)
            .sign(root, hashes.SHA256())
        )
        leaf = (
            base.subject_name(named("server"))
            .issuer_name(named("Own"))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root.public_key()), critical=False)
            .sign(root, hashes.SHA256())
        )
        pem = serialization.Encoding.PEM
        private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        (folder / "server.pem").write_bytes(private + leaf.public_bytes(pem))
        (folder / "ca.pem").write_bytes(ca.public_bytes(pem))
        return folder / "server.pem", folder / "ca.pem"

    return issue


def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def test_an_own_authority_is_believed_only_where_it_is_named(
    listen: Callable[..., Listener], authority: Callable[[str], tuple[Path, Path]], tmp_path: Path
) -> None:
    certificate, ca = authority("127.0.0.1")
    listener = listen(http(GOOD), tls(certificate))
    told = trouble(server(listener.url))
    assert (told.kind, "fleet.ca_file" in str(told)) == ("certificate", True)
    asked = server(listener.url, ca_file=str(ca))
    assert asked.instant("up")[0].last == 42
    asked.close()
    assert len(listener.requests) == 1
    (tmp_path / "no.pem").write_text("nothing")
    for path in (tmp_path / "gone.pem", tmp_path / "no.pem"):
        assert path.name in str(trouble(server(listener.url, ca_file=str(path))))


def test_a_certificate_of_another_machine_is_refused(
    listen: Callable[..., Listener], authority: Callable[[str], tuple[Path, Path]]
) -> None:
    certificate, ca = authority("127.0.0.2")
    listener = listen(http(GOOD), tls(certificate))
    assert trouble(server(listener.url, ca_file=str(ca))).kind == "certificate"
    assert not listener.requests


def test_a_server_without_tls_is_named_so(listen: Callable[..., Listener]) -> None:
    def plain(line: socket.socket) -> None:
        line.recv(5)
        line.sendall(http(b"", "400 Bad Request"))

    told = trouble(server(listen(plain).url.replace("http:", "https:")))
    assert (told.kind, "TLS" in str(told)) == ("unreachable", True)


# Logins


@pytest.fixture
def keyring(private_bus: PrivateBus) -> Iterator[SecretService]:
    service = SecretService()
    service.start()
    yield service
    service.stop()


SECRET = "geh3im+/=ü"


@pytest.mark.parametrize("user,sent", [("anna", b"Basic YW5uYTpnZWgzaW0rLz3DvA=="), ("", b"Bearer ")])
def test_a_login_is_kept_used_and_forgotten(
    listen: Callable[..., Listener], keyring: SecretService, tmp_path: Path, user: str, sent: bytes
) -> None:
    listener = listen(http(GOOD))
    secret = SECRET if user else "token.123"
    file = SettingsFile(tmp_path / "settings.toml")
    keep_login(file, parse_address(listener.url), user, secret)
    settings = file.read().settings
    assert (settings.text("fleet.login"), settings.text("fleet.user")) == ("basic" if user else "bearer", user)
    assert secret not in (tmp_path / "settings.toml").read_text()
    asked = server(listener.url, login=settings.text("fleet.login"), user=user)
    asked.instant("up")
    asked.close()
    assert b"Authorization: " + sent + (b"" if user else b"token.123") in listener.requests[0]
    assert secret not in repr(vars(asked)["choice"])
    # Another server never gets it.
    other = listen(http(GOOD))
    assert trouble(server(other.url, login="bearer")).kind == "login"
    assert not other.requests
    assert forget_login(file, parse_address(listener.url))
    assert not forget_login(file, parse_address(listener.url))
    assert "guardian fleet --login" in str(trouble(server(listener.url, login="bearer")))


def test_a_refused_login_is_read_anew(listen: Callable[..., Listener], keyring: SecretService) -> None:
    address = parse_address((listener := listen(http(b"", "401 Unauthorized"))).url)
    secrets.store(address.secret_name, "old")
    asked = server(listener.url, login="bearer")
    with pytest.raises(ServerTrouble, match="does not accept"):
        asked.instant("up")
    secrets.store(address.secret_name, "new")
    with pytest.raises(ServerTrouble):
        asked.instant("up")
    asked.close()
    assert b"Bearer old" in listener.requests[0]
    assert b"Bearer new" in listener.requests[1]


def test_a_locked_keyring_and_none_are_told(listen: Callable[..., Listener], keyring: SecretService, tmp_path: Path) -> None:
    listener = listen(http(GOOD))
    secrets.store(parse_address(listener.url).secret_name, "x")
    keyring.lock()
    assert trouble(server(listener.url, login="bearer")).kind == "keyring"
    keyring.stop()
    assert trouble(server(listener.url, login="bearer")).kind == "keyring"
    assert not listener.requests


def test_nothing_secret_goes_unencrypted_over_a_network(tmp_path: Path) -> None:
    told = trouble(server("http://prometheus.lab.example", login="bearer"))
    assert (told.kind, "https" in str(told)) == ("login", True)
    file = SettingsFile(tmp_path / "settings.toml")
    with pytest.raises(LoginNotKept, match="https"):
        keep_login(file, parse_address("http://prometheus.lab.example"), "", "x")
    with pytest.raises(LoginNotKept, match="colon"):
        keep_login(file, parse_address("https://prometheus.lab.example"), "a:b", "x")
    assert not (tmp_path / "settings.toml").exists()
