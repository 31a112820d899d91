"""What makes a channel, when it is quiet, and which addresses fit its kind."""

import pytest

from guardian.policy.channels import (
    KINDS,
    MOST_CHANNELS,
    Channel,
    ChannelError,
    check_address,
    check_events,
    check_name,
    parse_channel,
    parse_quiet,
    quiet_left,
    quiet_text,
    with_channel,
)

HOUR = 3600.0


def test_a_channel_is_read_as_it_was_written() -> None:
    channel = Channel("ops", "ntfy", ("warning", "kill"), (22 * 60, 7 * 60))
    assert parse_channel(channel.as_mapping()) == channel
    assert parse_channel({"name": "a", "kind": "email"}) == Channel("a", "email")


@pytest.mark.parametrize(
    "table",
    [
        {},
        {"name": "a"},
        {"name": "", "kind": "ntfy"},
        {"name": "a" * 33, "kind": "ntfy"},
        {"name": "a\nb", "kind": "ntfy"},
        {"name": "ntfys://topic", "kind": "ntfy"},
        {"name": "a", "kind": "fax"},
        {"name": "a", "kind": ["ntfy"]},
        {"name": "a", "kind": "ntfy", "states": []},
        {"name": "a", "kind": "ntfy", "states": "critical"},
        {"name": "a", "kind": "ntfy", "states": ["calm"]},
        {"name": "a", "kind": "ntfy", "quiet": 7},
        {"name": "a", "kind": "ntfy", "quiet": "22-7"},
    ],
)
def test_what_is_no_channel_is_refused(table: dict[str, object]) -> None:
    with pytest.raises(ChannelError):
        parse_channel(table)


def test_an_address_in_the_file_is_refused_and_not_repeated() -> None:
    with pytest.raises(ChannelError) as refused:
        parse_channel({"name": "a", "kind": "ntfy", "url": "ntfys://SECRET"})
    assert "keyring" in str(refused.value)
    assert "SECRET" not in str(refused.value)


@pytest.mark.parametrize("text,quiet", [("22:00-07:00", (1320, 420)), (" 8:05 – 9:00 ", (485, 540)), ("", None), ("  ", None)])
def test_quiet_hours(text: str, quiet: tuple[int, int] | None) -> None:
    assert parse_quiet(text) == quiet
    assert parse_quiet(quiet_text(quiet)) == quiet


@pytest.mark.parametrize("text", ["24:00-07:00", "7", "07:00-07:00", "7:60-8:00", "-"])
def test_what_are_no_quiet_hours(text: str) -> None:
    with pytest.raises(ChannelError):
        parse_quiet(text)


def test_how_long_it_stays_quiet() -> None:
    night, noon = parse_quiet("22:00-07:00"), parse_quiet("12:00-13:00")
    assert [quiet_left(night, hour * HOUR) for hour in (21.99, 22, 0, 6.5, 7)] == [0, 9 * HOUR, 7 * HOUR, HOUR / 2, 0]
    assert [quiet_left(noon, hour * HOUR) for hour in (11.9, 12, 12.75, 13)] == [0, HOUR, HOUR / 4, 0]
    assert quiet_left(None, 0) == 0


@pytest.mark.parametrize(
    "kind,given,taken",
    [
        ("ntfy", "https://ntfy.example/topic", "ntfys://ntfy.example/topic"),
        ("ntfy", "http://u:p@box:8080/topic", "ntfy://u:p@box:8080/topic"),
        ("webhook", "HTTPS://example/hook?a=b", "jsons://example/hook?a=b"),
        ("webhook", "xml://example/hook", "xml://example/hook"),
        ("slack", "https://hooks.slack.com/services/T/B/x", "https://hooks.slack.com/services/T/B/x"),
        ("telegram", " tgram://1:a/2 ", "tgram://1:a/2"),
        ("other", "gotifys://box/x", "gotifys://box/x"),
    ],
)
def test_addresses_that_fit(kind: str, given: str, taken: str) -> None:
    assert check_address(kind, given) == taken


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("address", ["", "SECRET", "SECRET word://x", "nosuch://SECRET\nmore", "file:SECRET", "x" * 5000])
def test_what_is_no_address_is_refused_without_repeating_it(kind: str, address: str) -> None:
    with pytest.raises(ChannelError) as refused:
        check_address(kind, address)
    assert "SECRET" not in str(refused.value)


def test_an_address_of_another_kind_is_refused_without_repeating_it() -> None:
    with pytest.raises(ChannelError, match="tgram://") as refused:
        check_address("telegram", "slack://SECRET/x")
    assert "SECRET" not in str(refused.value)


def test_names_are_trimmed_events_sorted_and_channels_counted() -> None:
    assert check_name(" ops ") == "ops"
    assert check_events(["kill", "warning"]) == ("warning", "kill")
    many = tuple(Channel(f"c{number}", "ntfy") for number in range(MOST_CHANNELS))
    assert with_channel(many, Channel("c3", "email"))[3] == Channel("c3", "email")
    with pytest.raises(ChannelError):
        with_channel(many, Channel("one more", "email"))
