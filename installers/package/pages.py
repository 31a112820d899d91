"""What a package has that is made from the program itself: manual pages, completions for shells, pictures of the icon.

pages.py man FOLDER          manual pages, in the language of the environment
pages.py completions FOLDER
pages.py icons FOLDER
"""

import argparse
import gzip
import sys
from pathlib import Path

from guardian.cli import parser
from guardian.cli.commands import offered_commands
from guardian.protocol.i18n import use_language

ROOT = Path(__file__).resolve().parents[2]
_SIZES = (16, 22, 24, 32, 48, 64, 128, 256, 512)
_SHELLS = {"bash": "guardian", "zsh": "_guardian", "fish": "guardian.fish"}


def main() -> None:
    """Make what the command line names."""
    what, folder = sys.argv[1], Path(sys.argv[2])
    language = use_language()
    parser.use_catalogue()
    {"man": make_pages, "completions": make_completions, "icons": make_icons}[what](folder, language)


def make_pages(folder: Path, language: str) -> None:
    """A compressed page for the program and for each command, below the folder of its language."""
    from guardian.cli.man_page import pages

    section = folder / ("man1" if language == "en" else f"{language}/man1")
    section.mkdir(parents=True)
    for page in pages():
        (section / f"{page.name}.gz").write_bytes(gzip.compress(page.text.encode(), 9, mtime=0))


def make_completions(folder: Path, _language: str) -> None:
    """One file for each shell."""
    import shtab

    for shell, name in _SHELLS.items():
        (folder / shell).mkdir(parents=True)
        text = shtab.complete(whole_parser(), shell=shell)
        (folder / shell / name).write_text(text + "\n", encoding="utf-8")


def whole_parser() -> argparse.ArgumentParser:
    """One parser of everything, as those who complete want it; the program itself never loads all commands at once."""
    import shtab

    from guardian.policy.setting_schema import SETTINGS

    keys = [setting.key for setting in SETTINGS]
    completed = {"FILE": shtab.FILE, "DIR": shtab.DIRECTORY}
    whole = parser.program_parser()
    commands = whole.add_subparsers()
    for command in offered_commands():
        own = parser.command_parser(command, command.load())
        made = commands.add_parser(command.name, help=command.summary, description=own.description, parents=[own], add_help=False)
        for action in made._actions:  # noqa: SLF001 - argparse has no other way to list them, and shtab reads them so, too
            if action.metavar in completed:
                action.complete = completed[action.metavar]  # type: ignore[attr-defined]
            if command.name == "config" and isinstance(action.choices, dict):
                for name, end in (("get", ""), ("set", "=")):
                    action.choices[name]._actions[-1].choices = [key + end for key in keys]  # noqa: SLF001
    return whole


def make_icons(folder: Path, _language: str) -> None:
    """The icon in the sizes for those who show no SVG."""
    import resvg_py

    source = ROOT / "resources/icons/io.github.oomguardian.App.svg"
    for size in _SIZES:
        path = folder / f"{size}x{size}/apps/{source.stem}.png"
        path.parent.mkdir(parents=True)
        path.write_bytes(bytes(resvg_py.svg_to_bytes(svg_path=str(source), width=size, height=size, skip_system_fonts=True)))


if __name__ == "__main__":
    main()
