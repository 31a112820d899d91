"""Addresses of servers: which can be asked, what they are called, and who may read what is sent there."""

import pytest

from guardian.adapters.secrets import LONGEST_NAME
from guardian.policy.server_address import AddressUnusable, ServerAddress, parse_address, server_choice
from guardian.policy.settings import DEFAULTS


@pytest.mark.parametrize(
    "text,address,shown",
    [
        ("https://prometheus.lab.example", ServerAddress("https", "prometheus.lab.example", 443, ""), "prometheus.lab.example"),
        ("https://p.example:9090/", ServerAddress("https", "p.example", 9090, ""), "p.example:9090"),
        ("http://127.0.0.1:9090/prom/", ServerAddress("http", "127.0.0.1", 9090, "/prom"), "127.0.0.1:9090"),
        ("https://[::1]:9", ServerAddress("https", "::1", 9, ""), "[::1]:9"),
        ("HTTPS://P.Example", ServerAddress("https", "p.example", 443, ""), "p.example"),
    ],
)
def test_addresses(text: str, address: ServerAddress, shown: str) -> None:
    assert parse_address(text) == address
    assert address.shown == shown


@pytest.mark.parametrize(
    "text",
    [
        "prometheus:9090", "ftp://a", "http://", "https://a:99999", "https://a:x", "https://[::1", "https://a b", "//a",
        "file:///etc/passwd", "https://a/?q=1", "https://a/#x", "https://a\n", "", f"https://{'a' * 254}",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(AddressUnusable, match=r"https://prometheus\.lab\.example"):
        parse_address(text)


def test_the_longest_address_has_a_name_in_the_keyring() -> None:
    assert len(parse_address(f"https://{'a' * 253}:65535/x").secret_name) <= LONGEST_NAME


def test_an_address_with_a_password_is_refused_without_repeating_it() -> None:
    with pytest.raises(AddressUnusable, match="keyring") as refused:
        parse_address("https://anna:geheim@p.example")
    assert "geheim" not in str(refused.value)


@pytest.mark.parametrize(
    "text,private",
    [
        ("https://p.example", True),
        ("http://localhost:9090", True),
        ("http://127.8.9.1", True),
        ("http://[::1]", True),
        ("http://p.example", False),
        ("http://10.0.0.1", False),
        ("http://localhost.example", False),
    ],
)
def test_only_tls_and_this_machine_are_private(text: str, private: bool) -> None:
    assert parse_address(text).is_private is private


def test_a_secret_belongs_to_one_server() -> None:
    names = {parse_address(text).secret_name for text in ("https://a", "http://a", "https://a:444", "https://b")}
    assert len(names) == 4
    assert parse_address("https://a/x").secret_name == parse_address("https://a").secret_name


def test_the_settings_name_a_server_or_none() -> None:
    assert server_choice(DEFAULTS) is None
    settings = DEFAULTS.changed("fleet.server", "https://p.example").changed("fleet.refresh", 30)
    choice = server_choice(settings)
    assert choice is not None
    assert (choice.address.host, choice.login, choice.refresh) == ("p.example", "none", 30)
