"""Options of the agent: the short way and the parser read the same."""

import argparse

import pytest

from guardian.cli.agent_options import OPTIONS, AgentOptions, add_options, options_of, plain_options
from guardian.cli.failure import WrongUsage

PLAIN = [
    [],
    ["--system"],
    ["--metrics", ":9842", "--top", "3", "--redact"],
    ["--metrics=[::1]:9842", "--metrics-cert=a=b", "--metrics-key", "k", "--metrics-client-ca", "c"],
    ["--textfile", "/var/lib/x", "--system"],
    ["--metrics", "0.0.0.0:1", "--metrics-plain", "--top=0"],
]


def parsed(words: list[str]) -> AgentOptions:
    parser = argparse.ArgumentParser(exit_on_error=False, allow_abbrev=False)
    add_options(parser)
    return options_of(parser.parse_args(words))


@pytest.mark.parametrize("words", PLAIN, ids=" ".join)
def test_both_ways_read_the_same(words: list[str]) -> None:
    assert plain_options(words) == parsed(words)


@pytest.mark.parametrize(
    "words", [["--help"], ["-h"], ["--top", "x"], ["--top", "101"], ["--top", "-1"], ["--metrics"], ["--metrics", "--system"],
              ["--system=1"], ["--syst"], ["extra"], ["--metrics", ":1", "more"]], ids=" ".join,
)  # fmt: skip
def test_whatever_is_not_plain_is_left_to_the_parser(words: list[str]) -> None:
    assert plain_options(words) is None


def test_certificates_without_a_server_are_refused() -> None:
    with pytest.raises(WrongUsage, match="--metrics"):
        plain_options(["--metrics-plain"])


def test_every_field_has_an_option() -> None:
    assert {option.field for option in OPTIONS} == set(AgentOptions._fields)
