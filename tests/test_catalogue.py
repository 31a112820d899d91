"""The Chinese catalogue against the sentences in the code: complete, compiled, and with the same blanks to fill."""

import ast
import io
import string
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

FOLDER = Path("resources/locale/zh_CN/LC_MESSAGES")
Texts = tuple[str, ...]


def texts(value: str | list[str] | Texts) -> Texts:
    """A message or its translation as a tuple: singular and plural where there are two."""
    return (value,) if isinstance(value, str) else tuple(value)


@pytest.fixture
def catalogue(checkout: Path) -> Catalog:
    with open(checkout / FOLDER / "oom-guardian.po", "rb") as file:
        return read_po(file, locale="zh_CN", domain="oom-guardian", abort_invalid=True)


def messages(catalogue: Catalog) -> list[Message]:
    """All messages but the header."""
    return [message for message in catalogue if message.id]


@pytest.fixture
def extracted(checkout: Path) -> set[str]:
    """What the code asks to be translated, by its singular; read as `pybabel extract` reads it."""
    mappings = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["babel"]["mappings"]
    methods = [(mapping["pattern"], mapping["method"]) for mapping in mappings]
    return {texts(found[2])[0] for found in extract_from_dir(checkout / "guardian", methods)}


def asked(checkout: Path) -> Iterator[tuple[str, ast.Call]]:
    """Every call that asks for words in the reader's language, and where."""
    for path in sorted((checkout / "guardian").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"_", "N_", "ngettext"}:
                yield f"{path.name}:{node.lineno}", node


def test_every_call_is_seen_by_the_extraction(checkout: Path, extracted: set[str]) -> None:
    """Inside an f-string it is not; and what is made up of parts has no translation."""
    unseen = []
    for where, node in asked(checkout):
        first = node.args[0]
        if isinstance(first, ast.JoinedStr | ast.BinOp) or (isinstance(first, ast.Constant) and first.value not in extracted):
            unseen.append((where, ast.unparse(first)))
        elif isinstance(node.func, ast.Name) and node.func.id == "ngettext" and not isinstance(first, ast.Constant):
            # Marked one by one, singular and plural are two messages, and neither is found as a pair.
            unseen.append((where, ast.unparse(first)))
    assert unseen == []


def test_every_sentence_is_translated(catalogue: Catalog, extracted: set[str]) -> None:
    assert extracted
    done = {texts(message.id)[0] for message in messages(catalogue) if all(texts(message.string)) and not message.fuzzy}
    assert sorted(extracted - done) == []


def test_nothing_is_translated_in_vain(catalogue: Catalog, extracted: set[str]) -> None:
    assert sorted({texts(message.id)[0] for message in messages(catalogue)} - extracted) == []


def test_compiled_catalogue_is_the_written_one(checkout: Path, catalogue: Catalog) -> None:
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    assert (checkout / FOLDER / "oom-guardian.mo").read_bytes() == compiled.getvalue()


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_translations_fill_the_same_blanks(catalogue: Catalog) -> None:
    wrong = []
    for message in messages(catalogue):
        allowed = set().union(*(blanks(text) for text in texts(message.id) if "%" not in text))
        wrong += [text for text in texts(message.string) if "%" not in text and blanks(text) - allowed]
        if isinstance(message.id, str) and message.string and "%" not in message.id and blanks(message.string) != allowed:
            wrong.append(message.string)
    assert wrong == []
