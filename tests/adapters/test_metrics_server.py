"""The server of metrics on real sockets: what it serves, to whom, and that nobody who asks can hold it up."""

import http.client
import shutil
import socket
import ssl
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from guardian.adapters.metric_samples import Family
from guardian.adapters.metrics_address import (
    Address,
    Certificates,
    NotServed,
    check_reach,
    find_address,
    find_certificates,
    names_itself,
    parse_address,
)
from guardian.adapters.metrics_page import registry_of
from guardian.adapters.metrics_server import MOST_OPEN, MetricsServer
from guardian.protocol.metrics import HEADROOM

Serve = Callable[..., MetricsServer]
LOOPBACK = Address(socket.AF_INET, "127.0.0.1", 0, loopback=True)


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts servers of one metric; afterwards none of their threads is left."""
    before = set(threading.enumerate())
    registry = registry_of(lambda: [Family(HEADROOM, (((), 42.0),))])
    with ExitStack() as stack:

        def start(certificates: Certificates | None = None, **more: float) -> MetricsServer:
            server = MetricsServer(LOOPBACK, registry, certificates, **more)  # type: ignore[arg-type]
            stack.callback(server.close)
            return server

        yield start
    until = time.monotonic() + 20
    while set(threading.enumerate()) - before:
        assert time.monotonic() < until, threading.enumerate()
        time.sleep(0.02)


def port_of(server: MetricsServer) -> int:
    return int(server.url.rpartition(":")[2].partition("/")[0])


def fetch(server: MetricsServer, path: str = "/metrics", **headers: str) -> tuple[int, str, str]:
    with closing(http.client.HTTPConnection("127.0.0.1", port_of(server), timeout=20)) as connection:
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.headers.get("Content-Type", ""), answer.read().decode()


def test_it_answers_in_the_format_that_is_asked_for(serve: Serve) -> None:
    server = serve()
    status, kind, page = fetch(server)
    assert (status, kind.startswith("text/plain")) == (200, True)
    assert "oom_guardian_headroom_bytes 42.0\n" in page
    status, kind, page = fetch(server, Accept="application/openmetrics-text;version=1.0.0")
    assert (status, kind.startswith("application/openmetrics-text"), page.endswith("# EOF\n")) == (200, True, True)
    assert "# UNIT oom_guardian_headroom_bytes bytes" in page
    assert server.spent > 0


def test_other_paths_and_other_peoples_names_are_not_answered(serve: Serve) -> None:
    server = serve()
    assert fetch(server, "/")[0] == 200
    assert fetch(server, "/secret")[0] == 404
    assert fetch(server, Host="rebound.example:80")[0] == 403
    assert fetch(server, Host="localhost:9842")[0] == 200
    assert "Python" not in fetch(server, "/secret")[2]


@pytest.mark.parametrize(
    "host,known",
    [("localhost", True), ("127.0.0.1:9", True), ("[::1]:9", True), ("[::1]", True), (None, True), ("10.0.0.1", False),
     ("", False),
     ("localhost.example", False), ("127.0.0.1.example:80", False)],
)  # fmt: skip
def test_names_of_this_machine(host: str | None, known: bool) -> None:
    assert names_itself(host) is known


def test_the_silent_and_the_slow_shut_nobody_out(serve: Serve) -> None:
    server = serve()
    with ExitStack() as stack:
        for number in range(3 * MOST_OPEN):
            silent = stack.enter_context(socket.create_connection(("127.0.0.1", port_of(server)), 20))
            if number % 2:
                silent.sendall(b"GET /metr")
        assert fetch(server)[0] == 200
        assert sum(thread.name == "metrics scrape" for thread in threading.enumerate()) <= 2 * MOST_OPEN


def drip(connection: socket.socket) -> bool:
    try:
        connection.sendall(b"G")
    except OSError:
        return False
    return True


def test_one_that_drips_is_ended(serve: Serve) -> None:
    server = serve(seconds_each=0.5)
    with closing(socket.create_connection(("127.0.0.1", port_of(server)), 20)) as dripping:
        until = time.monotonic() + 20
        while time.monotonic() < until and drip(dripping):
            time.sleep(0.05)
        assert time.monotonic() < until


def test_a_flood_is_answered_at_a_measured_pace(serve: Serve) -> None:
    server, answered = serve(), 0
    began = time.monotonic()
    while time.monotonic() - began < 2:
        assert fetch(server)[0] == 200
        answered += 1
    assert answered <= 10 + 10 * (time.monotonic() - began) + 2


@pytest.mark.parametrize("words", [b"\x16\x03\x01\x02\x00", b"POST / HTTP/1.1\r\n\r\n", b"GET / HTTP/9\r\n\r\n", b"\0" * 70000,
                                   b"GET /?" + b"name[]=x&" * 6000 + b" HTTP/1.0\r\n\r\n"])  # fmt: skip
def test_what_makes_no_sense_changes_nothing(serve: Serve, words: bytes) -> None:
    server = serve()
    with closing(socket.create_connection(("127.0.0.1", port_of(server)), 20)) as odd:
        try:
            odd.sendall(words)
            odd.recv(65536)
        except OSError:
            pass
    assert fetch(server)[0] == 200


class Authority:
    """A certificate authority in a folder, and what it signs."""

    def __init__(self, folder: Path) -> None:
        if shutil.which("openssl") is None:
            pytest.skip("openssl is missing (Debian: openssl)")
        self.folder = folder
        self._run("req", "-x509", "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=authority", "-addext",
                  "basicConstraints=critical,CA:true")  # fmt: skip
        self.certificate = folder / "ca.crt"

    def _run(self, *words: str) -> None:
        command = ["openssl", words[0], *words[1:]]
        if words[0] == "req":
            command += ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True, timeout=60)

    def sign(self, name: str) -> Certificates:
        """A certificate for this machine and its key, which is its owner's alone."""
        self._run("req", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        (self.folder / "ext").write_text("subjectAltName=IP:127.0.0.1\n")
        self._run("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
                  "-out", f"{name}.crt", "-extfile", "ext")  # fmt: skip
        (self.folder / f"{name}.key").chmod(0o600)
        return Certificates(str(self.folder / f"{name}.crt"), str(self.folder / f"{name}.key"))

    def client(self, own: Certificates | None = None) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.certificate))
        if own is not None:
            context.load_cert_chain(own.certificate, own.key)
        return context


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def fetch_over_tls(server: MetricsServer, context: ssl.SSLContext) -> str:
    handlers = (urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    with urllib.request.build_opener(*handlers).open(server.url, timeout=20) as answer:
        return str(answer.read().decode())


def test_over_tls_those_with_a_certificate_alone_are_answered(serve: Serve, authority: Authority) -> None:
    own, friend = authority.sign("server"), authority.sign("friend")
    server = serve(own._replace(clients=str(authority.certificate)))
    assert "headroom_bytes 42" in fetch_over_tls(server, authority.client(friend))
    with pytest.raises(OSError, match=r"(?i)certificate|closed|reset|eof"):
        fetch_over_tls(server, authority.client())
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        fetch(server)
    assert "headroom_bytes 42" in fetch_over_tls(server, authority.client(friend))


def test_a_client_that_never_greets_shuts_nobody_out(serve: Serve, authority: Authority) -> None:
    server = serve(authority.sign("server"))
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(socket.create_connection(("127.0.0.1", port_of(server)), 20))
        began = time.monotonic()
        assert "headroom_bytes 42" in fetch_over_tls(server, authority.client())
        assert time.monotonic() - began < 4


def test_renewed_certificates_are_taken_and_broken_ones_refused(serve: Serve, authority: Authority) -> None:
    own, later = authority.sign("server"), authority.sign("later")
    server = serve(own)

    def served() -> str:
        return ssl.get_server_certificate(("127.0.0.1", port_of(server)), timeout=20)

    before = served()
    shutil.copy(later.certificate, own.certificate)
    shutil.copy(later.key, own.key)
    server.renew()
    assert served() != before
    Path(own.certificate).write_text("rubbish")
    with pytest.raises(NotServed, match="cannot be used"):
        server.renew()
    assert "headroom_bytes" in fetch_over_tls(server, authority.client())


def test_keys_that_others_may_read_are_refused(authority: Authority) -> None:
    certificate, key, _clients = authority.sign("server")
    assert find_certificates(certificate, key, None, {}) == Certificates(certificate, key)
    Path(key).chmod(0o640)
    with pytest.raises(NotServed, match="chmod 600"):
        find_certificates(certificate, key, None, {})
    with pytest.raises(NotServed, match="cannot be read"):
        find_certificates(certificate, key + ".gone", None, {})
    for given in ((certificate, None, None), (None, key, None), (None, None, certificate)):
        with pytest.raises(NotServed):
            find_certificates(*given, {})


def test_the_services_credentials_are_found_by_name(tmp_path: Path) -> None:
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert find_certificates(None, None, None, environ) is None
    for name in ("metrics.crt", "metrics.key"):
        (tmp_path / name).touch(0o440)
    assert find_certificates(None, None, None, environ) == Certificates(f"{tmp_path}/metrics.crt", f"{tmp_path}/metrics.key")
    (tmp_path / "metrics-clients.crt").touch()
    assert find_certificates(None, None, None, environ) == Certificates(
        f"{tmp_path}/metrics.crt", f"{tmp_path}/metrics.key", f"{tmp_path}/metrics-clients.crt"
    )


@pytest.mark.parametrize(
    "text,place",
    [
        ("127.0.0.1:9842", ("127.0.0.1", 9842)),
        (":9842", ("127.0.0.1", 9842)),
        ("9842", ("127.0.0.1", 9842)),
        ("[::1]:1", ("::1", 1)),
    ],
)
def test_addresses(text: str, place: tuple[str, int]) -> None:
    assert parse_address(text) == place
    assert find_address(text).loopback


@pytest.mark.parametrize("text", ["", ":", "host", "1.2.3.4:0", "1.2.3.4:65536", "1.2.3.4:x", ":٣"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(NotServed, match="HOST:PORT"):
        parse_address(text)


@pytest.mark.parametrize("text", ["0.0.0.0:9", "192.0.2.1:9", "[::]:9"])
def test_other_machines_see_nothing_unless_that_is_wished(text: str) -> None:
    address = find_address(text)
    with pytest.raises(NotServed, match="other machines"):
        check_reach(address, None, plain=False)
    check_reach(address, None, plain=True)
    check_reach(address, Certificates("a", "b"), plain=False)


def test_a_port_that_is_taken_is_named(serve: Serve) -> None:
    port = port_of(serve())
    with pytest.raises(NotServed, match=f"{port}: Address already in use"):
        MetricsServer(LOOPBACK._replace(port=port), registry_of(list))
