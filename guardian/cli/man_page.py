"""Manual pages from the parsers that the command line has: one source for `--help` and `man`, in the language in use.

Source: man(7), man-pages(7) (names and order of the sections), groff_char(7).
"""

import argparse
import re
from collections.abc import Iterable
from typing import NamedTuple

from guardian import __version__
from guardian.cli.commands import GROUPS, Command, offered_commands
from guardian.cli.parser import PROGRAM, command_parser, program_parser
from guardian.protocol.i18n import N_, _

_USAGE_COLUMNS = 4000
_STOPS = ("。", "；", "：", "，", "、")
# Between these a line may break, but not before what closes or after what opens.  roff itself breaks at spaces alone.
_BREAKS = re.compile("(?<=[\u3000-\u9fff\uff00-\uff60])(?<![（《“「])(?=[\u4e00-\u9fff（《「])")

_FILES = (
    ("~/.config/oom-guardian/settings.toml", N_("your settings, see guardian-config(1)")),
    ("~/.config/oom-guardian/rules.d/*.toml", N_("your own lasting rules, see guardian-pin(1)")),
    ("~/.local/share/oom-guardian/", N_("the history of what was ended, see guardian-history(1)")),
    ("~/.local/state/oom-guardian/agent.log", N_("what an agent says that no service manager listens to")),
    ("/etc/oom-guardian/rules.d/*.toml", N_("lasting rules that the root helper applies")),
    ("/etc/sysctl.d/60-oom-guardian.conf", N_("kernel settings that were kept for good, see guardian-settings(1)")),
)
_ENVIRONMENT = (
    ("GUARDIAN_TRACEBACK", N_("set: a fault of the program itself ends with the place where it happened")),
    ("LANGUAGE, LC_ALL, LC_MESSAGES, LANG", N_("the language of the sentences")),
)


class Page(NamedTuple):
    """One page: the name of its file, and its text as man(7) wants it."""

    name: str
    text: str


def pages() -> Iterable[Page]:
    """The page of the program, then one for each command offered here."""
    commands = offered_commands()
    yield Page(f"{PROGRAM}.1", _program_page(commands))
    for command in commands:
        yield Page(f"{PROGRAM}-{command.name}.1", _command_page(command))


def _program_page(commands: tuple[Command, ...]) -> str:
    parser = program_parser()
    parser.epilog = None
    lines = [*_head(PROGRAM, _("shows whom the kernel would end when memory runs out, and why")), *_arguments(parser)]
    for group in GROUPS:
        members = [command for command in commands if command.group == group]
        if members:
            lines += [f".SS {_quoted(_(group))}"]
            lines += [line for one in members for line in _term(_page_of(one.name), _(one.summary))]
    lines += [_section(_("FILES")), *(line for path, told in _FILES for line in _term(f"\\fI{_escaped(path)}\\fR", _(told)))]
    lines += [_section(_("ENVIRONMENT"))]
    lines += [line for name, told in _ENVIRONMENT for line in _term(f"\\fB{_escaped(name)}\\fR", _(told))]
    others = ", ".join(f"\\fB{_escaped(name)}\\fR({number})" for name, number in (("proc", 5), ("systemd-oomd", 8), ("choom", 1)))
    return _joined([*lines, _section(_("SEE ALSO")), others])


def _command_page(command: Command) -> str:
    lines = [*_head(f"{PROGRAM}-{command.name}", _(command.summary)), *_arguments(command_parser(command, command.load()))]
    return _joined([*lines, _section(_("SEE ALSO")), f"\\fB{PROGRAM}\\fR(1)"])


def _head(name: str, summary: str) -> list[str]:
    manual = _quoted(_("User Commands"))
    title = f'.TH {_quoted(name.upper())} 1 "" {_quoted(f"OOM Guardian {__version__}")} {manual}'
    # Lines are not stretched, since between Han there is no space that could be, and no option is broken in two.
    return [title, ".ad l", ".nh", _section(_("NAME")), f"{_escaped(name)} \\- {_escaped(summary)}"]


def _arguments(parser: argparse.ArgumentParser) -> list[str]:
    parser.formatter_class = _Roff
    return [parser.format_help().rstrip("\n")]


class _Roff(argparse.HelpFormatter):
    """Help written as man(7) macros: argparse tells every formatter the same, in the same order."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_USAGE_COLUMNS)
        self._lines: list[str] = []
        self._title: str | None = None
        self._described = False

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[argparse._MutuallyExclusiveGroup],
        prefix: str | None = None,
    ) -> None:
        """The synopsis: argparse's own, a line for each way to call it."""
        self._lines.append(_section(_("SYNOPSIS")))
        for at, way in enumerate(_usage_line(self._prog, usage, actions, groups, prefix or "").split(" | guardian ")):
            words = way if at == 0 else f"{PROGRAM} {way}"
            name = self._prog if words.startswith(self._prog) else PROGRAM
            self._lines += [".br"] * (at > 0) + [f"\\fB{_escaped(name)}\\fR{_escaped(words.removeprefix(name))}"]

    def add_text(self, text: str | None) -> None:
        """What a command is about, then what follows its options: examples and exit codes."""
        if text is None or text == argparse.SUPPRESS:
            return
        if not self._described and self._title is None:
            self._described = True
            self._lines += [_section(_("DESCRIPTION")), *_paragraphs(text)]
            return
        for part in text.split("\n\n"):
            heading, colon, rest = part.partition("\n")
            if colon and heading == _("examples:"):
                self._lines += [_section(_("EXAMPLES")), ".EX", *(_escaped(line.strip()) for line in rest.splitlines()), ".EE"]
            else:
                self._lines += [_section(_("EXIT STATUS")), *_paragraphs(part)]

    def start_section(self, heading: str | None) -> None:
        """A group of arguments; its title is written when it turns out to have any."""
        self._title = heading or ""

    def end_section(self) -> None:
        """Nothing has to be closed in man(7)."""

    def add_arguments(self, actions: Iterable[argparse.Action]) -> None:
        """The group's arguments, each with what it does."""
        shown = [action for action in actions if action.help != argparse.SUPPRESS]
        if shown and self._title is not None:
            usual = self._title in {_("options"), _("positional arguments")}
            self._lines.append(_section(self._title.upper()) if usual else f".SS {_quoted(self._title)}")
        for action in shown:
            self._add(action)

    def format_help(self) -> str:
        """All that was told."""
        return "\n".join(self._lines) + "\n"

    def _add(self, action: argparse.Action) -> None:
        subactions = list(self._iter_indented_subactions(action))
        for one in subactions or [action]:
            told = self._expand_help(one) if one.help else ""
            if subactions and isinstance(action.choices, dict):
                self._lines += _subcommand(action.choices[one.dest], told)
            else:
                self._lines += _term(self._written(one), told)

    def _written(self, action: argparse.Action) -> str:
        default = action.dest.upper() if action.option_strings else action.dest
        value = f"\\fI{_escaped(self._format_args(action, default))}\\fR" if action.nargs != 0 else ""
        if not action.option_strings:
            name = self._metavar_formatter(action, default)(1)[0]
            return f"\\fI{_escaped(name)}\\fR"
        return ", ".join(f"\\fB{_escaped(option)}\\fR{' ' + value if value else ''}" for option in action.option_strings)


class _Nested(_Roff):
    """A subcommand as an entry of its command's page: how it is called, then its own arguments."""

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[argparse._MutuallyExclusiveGroup],
        prefix: str | None = None,
    ) -> None:
        """Its name and how it goes on."""
        name = self._prog.rpartition(" ")[2]
        after = _usage_line(self._prog, usage, actions, groups, prefix or "").removeprefix(f"{self._prog} ").replace("[-h] ", "")
        self._lines.append(f"\\fB{_escaped(name)}\\fR {_escaped(after.removeprefix('[-h]'))}".rstrip())

    def add_text(self, text: str | None) -> None:
        """The page has told it already."""

    def add_arguments(self, actions: Iterable[argparse.Action]) -> None:
        """Those that say more than their name."""
        for action in actions:
            if action.help not in {None, argparse.SUPPRESS} and "-h" not in action.option_strings:
                self._add(action)


def _usage_line(
    program: str,
    usage: str | None,
    actions: Iterable[argparse.Action],
    groups: Iterable[argparse._MutuallyExclusiveGroup],
    prefix: str,
) -> str:
    plain = argparse.HelpFormatter(program, width=_USAGE_COLUMNS)
    plain.add_usage(usage, actions, groups, prefix)
    return plain.format_help().strip()


def _subcommand(parser: argparse.ArgumentParser, told: str) -> list[str]:
    parser.formatter_class = _Nested
    term, *own = parser.format_help().splitlines()
    return [*_term(term, told), *([".RS", *own, ".RE"] if own else [])]


def _page_of(command: str) -> str:
    return f"\\fB{PROGRAM}\\-{_escaped(command)}\\fR(1)"


def _section(title: str) -> str:
    return f".SH {_quoted(title)}"


def _term(term: str, told: str) -> list[str]:
    return [".TP", term, *(_paragraphs(told) or ["\\&"])]


def _paragraphs(text: str) -> list[str]:
    """Text that the reader's terminal breaks: the lines of a paragraph are joined."""
    lines: list[str] = []
    for at, paragraph in enumerate(text.strip().split("\n\n")):
        joined = ""
        for line in paragraph.splitlines():
            joined += line.strip() if not joined or joined.endswith(_STOPS) else f" {line.strip()}"
        lines += [".PP"] * (at > 0) + [_escaped(joined)]
    return [line for line in lines if line]


def _escaped(text: str) -> str:
    """Text that roff prints as it stands."""
    plain = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga").replace("~", "\\(ti")
    plain = _BREAKS.sub(r"\\:", plain)
    return f"\\&{plain}" if plain.startswith(".") else plain


def _quoted(text: str) -> str:
    return '"' + _escaped(text).replace('"', "\\(dq") + '"'


def _joined(lines: list[str]) -> str:
    return "\n".join(lines) + "\n"
