"""The manual pages: one for each command, in both languages, with all that its parser knows, and clean for man itself."""

import argparse
import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from guardian.cli import parser
from guardian.cli.commands import offered_commands
from guardian.cli.man_page import Page, pages
from guardian.protocol.i18n import use_language


@pytest.fixture(params=["en", "zh_CN"])
def language(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("LANGUAGE", request.param)
    monkeypatch.setenv("COLUMNS", "80")
    use_language(request.param)
    parser.use_catalogue()
    yield request.param
    use_language("en")


def shown(some: Iterable[Page], folder: Path, columns: int = 100) -> tuple[str, str]:
    """What a reader sees, and what man complains about."""
    if shutil.which("man") is None:
        pytest.skip("man is not installed")
    for page in some:
        (folder / page.name).write_text(page.text, encoding="utf-8")
    environ = {**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": str(columns), "MANROFFOPT": ""}
    command = ["man", "--warnings", "-E", "UTF-8", "-l", *sorted(map(str, folder.iterdir()))]
    read = subprocess.run(command, check=False, capture_output=True, text=True, env=environ)
    return read.stdout, read.stderr


def test_every_command_has_a_page(language: str) -> None:
    names = [page.name for page in pages()]
    assert names == ["guardian.1", *(f"guardian-{command.name}.1" for command in offered_commands())]


def test_man_has_nothing_to_say_against_them(language: str, tmp_path: Path) -> None:
    text, complaints = shown(pages(), tmp_path, 80)
    assert complaints == ""
    assert [command.name for command in offered_commands() if f"guardian-{command.name}(1)" not in text] == []


def test_pages_show_every_option(language: str) -> None:
    by_name = {page.name: page.text.replace("\\-", "-") for page in pages()}
    for command in offered_commands():
        text = by_name[f"guardian-{command.name}.1"]
        for action in parser.command_parser(command, command.load())._actions:
            if action.help != argparse.SUPPRESS:
                assert [option for option in action.option_strings if f"\\fB{option}\\fR" not in text] == [], command.name


def test_subcommands_stand_with_their_own_arguments() -> None:
    text = next(page for page in pages() if page.name == "guardian-settings.1").text.replace("\\-", "-")
    assert "\\fBset\\fR [--persist] [--rollback [S]] KEY=VALUE" in text
    assert "\\fB--persist\\fR" in text.partition("\\fBset\\fR")[2]


def test_examples_stand_as_they_were_written(tmp_path: Path) -> None:
    pin = next(page for page in pages() if page.name == "guardian-pin.1")
    assert "guardian pin --exe /usr/bin/clang --adj 500 --persist" in shown([pin], tmp_path, 200)[0]


def test_no_text_is_taken_for_an_order_to_the_formatter(tmp_path: Path) -> None:
    from guardian.cli.man_page import _escaped

    heading, stroke = ".SH not a heading", "back\\slash and -1"
    page = Page("x.1", f".TH X 1\n.SH NAME\nx\n.SH Z\n{_escaped(heading)}\n.PP\n{_escaped(stroke)}\n")
    text, complaints = shown([page], tmp_path)
    assert heading in text
    assert stroke in text
    assert complaints == ""
