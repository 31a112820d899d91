"""Where metrics are served and who may read them: addresses, certificates, and keys that nobody else may read.

Source: systemd.exec(5) ("Credentials"); RFC 4291 (loopback); docs.python.org "ssl".
"""

import contextlib
import os
import socket
import stat
from collections.abc import Mapping
from ipaddress import ip_address
from typing import NamedTuple

from guardian.protocol.i18n import _

CERTIFICATE, KEY, CLIENTS = "metrics.crt", "metrics.key", "metrics-clients.crt"
_HOST = "127.0.0.1"


class NotServed(Exception):
    """Metrics cannot be served so; one sentence with what to do."""


class Address(NamedTuple):
    """A numeric address to listen on; `loopback`: this machine alone can reach it."""

    family: int
    host: str
    port: int
    loopback: bool


class Certificates(NamedTuple):
    """Files: the server's certificate and key, and who signs the certificates of those that may read; None lets anybody."""

    certificate: str
    key: str
    clients: str | None = None


def parse_address(text: str) -> tuple[str, int]:
    """Host and port of "HOST:PORT", "[::1]:PORT", ":PORT" or "PORT"; without a host this machine alone.  Raises NotServed."""
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]") if colon else ""
    if not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise NotServed(_("“{text}” is no address for metrics: give HOST:PORT, such as 127.0.0.1:9842").format(text=text[:80]))
    return host or _HOST, int(port)


def find_address(text: str) -> Address:
    """The address to listen on.  Raises NotServed."""
    host, port = parse_address(text)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise NotServed(
            _("Metrics cannot be served at {host}: {reason}. Give an address of this machine").format(
                host=host[:80], reason=reason
            )
        ) from error
    family, _kind, _protocol, _name, place = found[0]
    return Address(family, str(place[0]), port, all(ip_address(str(one[4][0]).split("%")[0]).is_loopback for one in found))


def find_certificates(
    certificate: str | None, key: str | None, clients: str | None, environ: Mapping[str, str] = os.environ
) -> Certificates | None:
    """What was given, else the service's credentials of these names; None without either.  Raises NotServed."""
    folder = environ.get("CREDENTIALS_DIRECTORY", "")
    if folder and certificate is None and key is None:
        certificate, key = _there(folder, CERTIFICATE), _there(folder, KEY)
    if folder and clients is None:
        clients = _there(folder, CLIENTS)
    if certificate is None and key is None:
        if clients is not None:
            raise NotServed(_("Clients can be checked over TLS alone: give a certificate and a key as well"))
        return None
    if certificate is None or key is None:
        raise NotServed(_("TLS takes a certificate and its key: give both"))
    if not (folder and os.path.dirname(os.path.abspath(key)) == os.path.abspath(folder)):
        check_key(key)
    return Certificates(certificate, key, clients)


def check_key(path: str) -> None:
    """Refuse a key that others may read.  Raises NotServed."""
    try:
        found = os.stat(path)
    except OSError as error:
        raise NotServed(
            _("The key {path} cannot be read: {reason}. Give a file that the agent may read").format(
                path=path, reason=error.strerror
            )
        ) from error
    if found.st_uid not in (os.geteuid(), 0) or found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise NotServed(
            _("The key {path} can be read by others, so it is not used. Let its reader alone have it: chmod 600 {path}").format(
                path=path
            )
        )


def check_reach(address: Address, certificates: Certificates | None, *, plain: bool) -> None:
    """Refuse to show this machine's programs to the network unless that was asked for.  Raises NotServed."""
    if address.loopback or plain or certificates is not None:
        return
    raise NotServed(
        _(
            "{host} can be reached from other machines, and metrics name what runs here. Give a certificate "
            "(--metrics-cert, --metrics-key), or allow it without TLS (--metrics-plain)"
        ).format(host=address.host)
    )


def names_itself(host: str | None) -> bool:
    """Whether a Host header names this machine by a loopback name or address, as no page of a stranger's can."""
    if host is None:
        return True
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() and not host.endswith("]") else host
    name = name.removeprefix("[").removesuffix("]").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    with contextlib.suppress(ValueError):
        return ip_address(name).is_loopback
    return False


def _there(folder: str, name: str) -> str | None:
    path = os.path.join(folder, name)
    return path if os.path.exists(path) else None
