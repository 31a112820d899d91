"""The address of a Prometheus server, and how to log in there.  Pure."""

import ipaddress
from typing import NamedTuple
from urllib.parse import urlsplit

from guardian.policy.settings import Settings
from guardian.protocol.i18n import _
from guardian.protocol.printable import printable

_PORTS = {"http": 80, "https": 443}
_PREFIX = "fleet "
# The longest name there is (RFC 1035), as a person writes it.
_LONGEST_HOST = 253


class AddressUnusable(Exception):
    """An address that cannot be asked; the text says why and what would do."""


class ServerAddress(NamedTuple):
    """Where to ask: scheme http or https, host, port, and the path before /api without a slash at its end."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def shown(self) -> str:
        """Host and port, as a person says it; safe to show."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return printable(host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}")

    @property
    def secret_name(self) -> str:
        """The name of its password or token in the keyring; another server never gets it."""
        return f"{_PREFIX}{self.scheme}://{self.host}:{self.port}"

    @property
    def is_private(self) -> bool:
        """Whether nobody on the way can read what is sent: TLS, or this machine itself."""
        if self.scheme == "https" or self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def parse_address(text: str) -> ServerAddress:
    """An address such as https://prometheus.lab.example:9090/path.  Raises AddressUnusable."""
    shown = printable(text[:80])
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise AddressUnusable(_example(shown)) from error
    if (
        parts.scheme not in _PORTS
        or not host
        or len(host) > _LONGEST_HOST
        or any(not char.isprintable() or char.isspace() for char in text)
    ):
        raise AddressUnusable(_example(shown))
    if parts.username is not None or parts.password is not None:
        raise AddressUnusable(
            _("The address holds a name or password. Take it out; guardian fleet --login puts it into the keyring.")
        )
    if parts.query or parts.fragment:
        raise AddressUnusable(_example(shown))
    return ServerAddress(parts.scheme, host, port or _PORTS[parts.scheme], parts.path.rstrip("/"))


def _example(shown: str) -> str:
    words = _("“{address}” is no address of a server; write one such as https://prometheus.lab.example:9090.")
    return words.format(address=shown)


class ServerChoice(NamedTuple):
    """What the settings say of the server: its address, how to log in ("none", "basic", "bearer"), as whom, whom to believe."""

    address: ServerAddress
    login: str = "none"
    user: str = ""
    ca_file: str = ""
    refresh: float = 15.0


def server_choice(settings: Settings) -> ServerChoice | None:
    """The server that was chosen, None where none was.  Raises AddressUnusable."""
    text = settings.text("fleet.server")
    if not text:
        return None
    return ServerChoice(
        parse_address(text),
        settings.text("fleet.login"),
        settings.text("fleet.user"),
        settings.text("fleet.ca_file"),
        settings.number("fleet.refresh"),
    )
