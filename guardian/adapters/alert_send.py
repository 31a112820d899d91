"""A program that sends one message and ends: what to say comes by standard input, what became of it goes to standard output.

    {"act": "send", "kind": "ntfy", "secret": "alerts/ops", "ask": true, "title": …, "body": …, "urgent": false}
    {"code": "sent", "status": null}

It alone loads Apprise.  The address is read from the keyring here, or comes with the request before it is kept, and leaves this
process only towards the service: nothing is logged, no core is written, no redirection followed, no word of Apprise passed on.
Source: the documentation of Apprise (AppriseAsset, AppriseResult); prctl(2) PR_SET_DUMPABLE; core(5).
"""

import contextlib
import json
import logging
import os
import re
import signal
import sys
import warnings
from collections.abc import Mapping
from typing import Any

from guardian.policy.channels import ChannelError, check_address
from guardian.policy.delivery import Code, Delivery

_SET_DUMPABLE = 4
_CONNECT_SECONDS, _READ_SECONDS = 10.0, 20.0
_APPRISE_SECONDS = 4.0
_LONGEST_SECONDS = 300
_MOST_REQUEST = 1 << 18
_STATUS = re.compile(r"\berror=(\d{3})\b")
# What the libraries below Apprise call it, the surest sign first.
_SIGNS: tuple[tuple[Code, str], ...] = (
    ("certificate", r"CERTIFICATE_VERIFY|certificate verify|doesn't match"),
    ("refused", r"SMTPAuthenticationError|\(53[05]|Authentication failed"),
    ("timeout", r"timed out|[Tt]imeout"),
    ("unreachable", r"Max retries|aborted|refused|reset by peer|unreachable|[Nn]ame |getaddrinfo|closed|Errno|SSL"),
)


class Reasons(logging.Handler):
    """Hears what Apprise would log, which may hold addresses, and keeps of it a status and a code alone."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.status: int | None = None
        self.code: Code | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Take the reason out of one record."""
        try:
            text = record.getMessage()
        except (TypeError, ValueError):
            return
        found = _STATUS.search(text)
        if found is not None and record.levelno >= logging.WARNING:
            self.status = int(found[1])
        if "Exception" in text:
            self.code = next((code for code, sign in _SIGNS if re.search(sign, text)), self.code)

    def delivery(self) -> Delivery:
        """Why it did not work."""
        if self.status is not None:
            passing = self.status >= 500 or self.status in {408, 425, 429}
            return Delivery("server" if passing else "refused", self.status)
        return Delivery(self.code or "failed")


def main() -> None:
    """Serve the one request, answer, and end without waiting for whatever thread a library left behind."""
    harden()
    # Where nobody is left who would end it.
    signal.alarm(_LONGEST_SECONDS)
    reasons = silence()
    keep: list[object] = []
    try:
        delivery = _serve(json.loads(sys.stdin.buffer.read(_MOST_REQUEST)), reasons, keep)
    except BaseException as error:  # noqa: BLE001 - an error may carry the address, so nobody else may see it
        delivery = Delivery(
            "address" if isinstance(error, ChannelError) else "library" if isinstance(error, ImportError) else "failed"
        )
    os.write(1, json.dumps(delivery._asdict()).encode() + b"\n")
    # Some services are left properly only when their object goes (Matrix logs out); the answer is out already.
    keep.clear()
    os._exit(0)


def harden() -> None:
    """Nobody else may look into this process, and no core of it is written."""
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Where code may not be made at run time, as in hardened units, some builds cannot load this.
    with contextlib.suppress(ImportError, OSError, MemoryError, AttributeError):
        import ctypes

        ctypes.CDLL(None).prctl(_SET_DUMPABLE, 0, 0, 0, 0)
    os.environ.pop("SSLKEYLOGFILE", None)
    sys.excepthook = lambda *_error: None


def silence() -> Reasons:
    """Let no library log anything; what Apprise would is only looked through."""
    warnings.simplefilter("ignore")
    logging.raiseExceptions = False
    logging.lastResort = None
    root = logging.getLogger()
    root.handlers[:] = [logging.NullHandler()]
    reasons = Reasons()
    own = logging.getLogger("apprise")
    own.handlers[:] = [reasons]
    own.setLevel(logging.DEBUG)
    own.propagate = False
    return reasons


def _serve(request: Mapping[str, Any], reasons: Reasons, keep: list[object]) -> Delivery:
    """Check or send as the request says; what must live until the answer is out is put into `keep`."""
    address = request.get("address") or _kept(str(request["secret"]), ask=bool(request.get("ask")))
    if isinstance(address, Delivery):
        return address
    # The library alone takes 50 MiB.
    import apprise

    asset = apprise.AppriseAsset(app_id="OOM Guardian", app_desc="OOM Guardian", app_url="", storage_mode="memory")
    asset.async_mode = False
    # A redirection turns what is posted into a mere look at another page, which would count as delivered.
    asset.http_redirects = False
    service = apprise.Apprise.instantiate(check_address(str(request["kind"]), address), asset=asset)
    if service is None:
        return Delivery("address")
    if request["act"] == "check":
        return Delivery("sent")
    # Where the address says nothing else: a slow answer that is not waited for makes a message arrive twice.
    if service.socket_read_timeout == _APPRISE_SECONDS:
        service.socket_read_timeout = _READ_SECONDS
    service.socket_connect_timeout = max(service.socket_connect_timeout, _CONNECT_SECONDS)
    sender = apprise.Apprise(asset=asset)
    sender.add(service)
    keep += [sender, service]
    done = sender.notify(
        title=str(request["title"]),
        body=str(request["body"]),
        notify_type=apprise.NotifyType.FAILURE if request.get("urgent") else apprise.NotifyType.WARNING,
        body_format=apprise.NotifyFormat.TEXT,
    )
    return Delivery("sent") if done else reasons.delivery()


def _kept(name: str, *, ask: bool) -> "str | Delivery":
    """The address from the keyring, or why there is none."""
    from guardian.adapters import secrets

    try:
        found = secrets.read(name, ask=ask)
    except secrets.NoKeyring:
        return Delivery("no-keyring")
    except secrets.KeyringLocked:
        return Delivery("locked")
    except secrets.SecretError:
        return Delivery("failed")
    return Delivery("no-secret") if found is None else found


if __name__ == "__main__":
    main()
