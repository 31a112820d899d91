"""Every sentence that the helper and the checks of rules may say is known to the reader's side, whole and with its parts."""

import ast
import gettext
from collections.abc import Iterator
from pathlib import Path

import pytest

from guardian.protocol import i18n, refusals
from guardian.protocol.refusals import TEMPLATES, in_readers_language

SAYING = frozenset(("Refused", "Failed", "Gone", "NotAuthorized", "RuleError"))
SOURCES = ("helper", "protocol", "policy", "adapters/unit_plans.py")


class Marked(gettext.NullTranslations):
    """Puts every sentence in brackets, so that one can see which were looked up."""

    def gettext(self, message: str) -> str:
        return f"«{message}»" if message in TEMPLATES else message


@pytest.fixture(autouse=True)
def marked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(i18n, "_current", Marked())


def sentences(checkout: Path) -> Iterator[tuple[str, str]]:
    """All that is raised, with 7 for each value in it, and where."""
    for source in SOURCES:
        place = checkout / "guardian" / source
        for path in [place] if place.suffix else sorted(place.glob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SAYING and node.args:
                    for text in texts_of(node.args[0]):
                        yield text, f"{path.name}:{node.lineno}"


def texts_of(node: ast.expr) -> list[str]:
    if isinstance(node, ast.IfExp):
        return [*texts_of(node.body), *texts_of(node.orelse)]
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    if isinstance(node, ast.JoinedStr):
        found = [""]
        for part in node.values:
            inner = part.value if isinstance(part, ast.FormattedValue) else part
            choices = texts_of(inner) if isinstance(inner, (ast.IfExp, ast.Constant)) else ["7"]
            found = [text + choice for text in found for choice in choices]
        return found
    return []


def test_every_refusal_in_the_source_is_known(checkout: Path) -> None:
    said = list(sentences(checkout))
    assert len(said) > 80
    unknown = [(text, where) for text, where in said if not in_readers_language(text).startswith("«")]
    assert not unknown


def test_a_reason_within_a_refusal_is_translated_too() -> None:
    assert in_readers_language("Not stored: adj 5000 is outside -1000 to 1000.") == (
        "«Not stored: «adj 5000 is outside -1000 to 1000».»"
    )


@pytest.mark.parametrize("text", ["", "Something nobody said before.", "x" * 100_000, "Not set: \n%s{0}{reason}"])
def test_what_is_not_known_comes_as_it_is(text: str) -> None:
    assert in_readers_language(text) == text


def test_what_is_put_in_is_never_a_template(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusals, "_", lambda text: text)
    path = "/etc/{now}/{__class__}"
    assert in_readers_language(f"{path} could not be made: x.") == f"{path} could not be made: x."
