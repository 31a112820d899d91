"""Secrets by name in the user's keyring, and nowhere else: the Secret Service, through the library keyring.

A locked keyring asks once a call, and only where the caller says so.  No error carries a secret.
Source: Secret Service API 0.2 (freedesktop.org); the documentation of keyring and SecretStorage.
"""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from guardian.protocol.i18n import _

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend
    from secretstorage import Collection

SERVICE = "oom-guardian"
LONGEST_NAME, LONGEST_SECRET = 320, 64 << 10
_PROMPT_SECONDS = 120.0


class SecretError(Exception):
    """The keyring could not do it; the text says why and what to do."""


class NoKeyring(SecretError):
    """Nobody keeps secrets here."""


class KeyringLocked(SecretError):
    """The keyring is locked and was not opened."""


def store(name: str, secret: str) -> None:
    """Keep a secret, in place of an older one of that name; a locked keyring asks.  Raises SecretError."""
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise ValueError(name)
    if not 0 < len(secret) <= LONGEST_SECRET or any("\ud800" <= sign <= "\udfff" for sign in secret):
        raise SecretError(_("Not stored: a secret has 1 to {count} characters, in UTF-8.").format(count=LONGEST_SECRET))
    with _keyring(ask=True) as keyring:
        keyring.set_password(SERVICE, name, secret)


def read(name: str, *, ask: bool = True) -> str | None:
    """A secret, None where there is none of that name.  A locked keyring asks, or is told at once.  Raises SecretError."""
    with _keyring(ask=ask) as keyring:
        return keyring.get_password(SERVICE, name)


def delete(name: str) -> bool:
    """Forget a secret; whether there was one.  A locked keyring asks.  Raises SecretError."""
    with _keyring(ask=True) as keyring:
        from keyring.errors import PasswordDeleteError

        try:
            keyring.delete_password(SERVICE, name)
        except PasswordDeleteError:
            return False
        return True


def check() -> None:
    """Whether secrets can be kept here, locked or not.  Raises NoKeyring."""
    with _keyring(ask=None):
        return


@contextmanager
def _keyring(*, ask: bool | None) -> "Iterator[KeyringBackend]":
    """The opened keyring; `ask` None opens nothing.  Every way to fail becomes a SecretError."""
    # All of this is loaded late: it brings a library of ciphers along, and mostly nobody has a secret.
    try:
        import keyring.errors
        from jeepney import DBusErrorResponse
        from secretstorage import PromptDismissedException, SecretServiceNotAvailableException, SecretStorageException
    except ImportError:
        text = _("Python has no library for keyrings here. Install the package python3-keyring with python3-secretstorage.")
        raise NoKeyring(text) from None

    from guardian.adapters.session_bus import NoBus, session_bus_address

    try:
        # SecretStorage looks at this alone, systemd's fallback is not known to it.
        os.environ.setdefault("DBUS_SESSION_BUS_ADDRESS", session_bus_address())
        service = _secret_service()
        if ask is not None:
            _open(ask=ask)
        yield service
    except (keyring.errors.KeyringLocked, PromptDismissedException):
        raise KeyringLocked(_locked_words()) from None
    except (keyring.errors.InitError, NoBus):
        raise NoKeyring(_absent_words()) from None
    except SecretServiceNotAvailableException:
        raise NoKeyring(_absent_words()) from None
    except (keyring.errors.KeyringError, SecretStorageException, DBusErrorResponse, OSError, EOFError) as error:
        kind = error.name if isinstance(error, DBusErrorResponse) else type(error).__name__
        text = _("The keyring did not do it: {reason}. See that it runs, then try again.")
        raise SecretError(text.format(reason=kind)) from None


def _secret_service() -> "KeyringBackend":
    """The one kind of keyring that is used; others that keyring knows keep secrets in plain files.  Raises NoKeyring."""
    from keyring.backends.SecretService import Keyring

    try:
        available = Keyring.priority > 0
    except RuntimeError:
        available = False
    if not available:
        raise NoKeyring(_absent_words())
    opened: KeyringBackend = Keyring()  # type: ignore[no-untyped-call] # keyring annotates only what takes arguments
    return opened


def _open(*, ask: bool) -> None:
    """Open the default collection, where there is one yet; storing the first secret makes it.  Raises KeyringLocked."""
    from secretstorage import Collection, ItemNotFoundException, dbus_init

    with closing(dbus_init()) as bus:
        try:
            collection = Collection(bus)
        except ItemNotFoundException:
            return
        if not collection.is_locked():
            return
        if ask:
            _ask_to_open(collection)
        if collection.is_locked():
            raise KeyringLocked(_locked_words())


def _ask_to_open(collection: "Collection") -> None:
    """Have the keyring ask for its password, for so long at most.  Raises KeyringLocked."""
    try:
        collection.unlock(timeout=_PROMPT_SECONDS)
    except TimeoutError:
        raise KeyringLocked(_locked_words()) from None
    except TypeError:
        # SecretStorage before 3.5, as in Debian 12 and 13, waits as long as the question stands.
        collection.unlock()


def _absent_words() -> str:
    return _(
        "No keyring keeps secrets here. Install gnome-keyring, or let KWallet or KeePassXC offer the Secret Service; "
        "then log in again."
    )


def _locked_words() -> str:
    return _("The keyring is locked and was not opened. Open it in the desktop's program for passwords, or log in again.")
