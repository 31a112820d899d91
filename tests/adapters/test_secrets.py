"""Secrets in a real Secret Service: stored, read, locked, deleted; and what is said where there is none."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from guardian.adapters import secrets
from guardian.adapters.secrets import KeyringLocked, NoKeyring, SecretError
from tests.conftest import PrivateBus
from tests.secret_service import SecretService

SECRET = "tøken+/with=all:of@it"


@pytest.fixture
def service(private_bus: PrivateBus) -> Iterator[SecretService]:
    service = SecretService()
    service.start()
    yield service
    service.stop()


def test_a_secret_is_stored_read_replaced_and_deleted(service: SecretService) -> None:
    secrets.check()
    assert secrets.read("alerts/one") is None
    secrets.store("alerts/one", "older")
    secrets.store("alerts/one", SECRET)
    secrets.store("alerts/two", "another")
    assert (secrets.read("alerts/one"), secrets.read("alerts/one", ask=False)) == (SECRET, SECRET)
    assert secrets.delete("alerts/one")
    assert not secrets.delete("alerts/one")
    assert (secrets.read("alerts/one"), secrets.read("alerts/two")) == (None, "another")


def test_a_locked_keyring_is_told_and_the_secret_is_there_again_once_it_is_open(service: SecretService) -> None:
    secrets.store("alerts/one", SECRET)
    service.lock()
    for ask in (False, True):
        with pytest.raises(KeyringLocked, match="locked"):
            secrets.read("alerts/one", ask=ask)
    for act in (lambda: secrets.store("alerts/one", "other"), lambda: secrets.delete("alerts/one")):
        with pytest.raises(KeyringLocked):
            act()
    secrets.check()
    service.stop()
    service.start()
    assert secrets.read("alerts/one", ask=False) == SECRET


def test_without_a_keyring_it_says_how_to_get_one(private_bus: PrivateBus) -> None:
    for act in (secrets.check, lambda: secrets.read("x"), lambda: secrets.store("x", "y"), lambda: secrets.delete("x")):
        with pytest.raises(NoKeyring, match="gnome-keyring"):
            act()


def test_without_a_bus_it_says_the_same() -> None:
    with pytest.raises(NoKeyring, match="gnome-keyring"):
        secrets.read("x")


def test_a_keyring_in_plain_files_is_not_taken(private_bus: PrivateBus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    with pytest.raises(NoKeyring):
        secrets.store("x", "y")


@pytest.mark.parametrize("secret", ["", "x" * (secrets.LONGEST_SECRET + 1), "half \ud800 a sign"])
def test_what_is_no_secret_is_refused_without_repeating_it(secret: str) -> None:
    with pytest.raises(SecretError) as refused:
        secrets.store("x", secret)
    assert "half" not in str(refused.value)
    assert "xxx" not in str(refused.value)


def test_nothing_of_it_is_loaded_before_it_is_needed(checkout: Path) -> None:
    probe = (
        "import guardian.adapters.secrets, sys; print([n for n in ('keyring', 'secretstorage', 'jeepney') if n in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", probe], cwd=checkout, capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"
