"""Names made safe to show."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardian.protocol.printable import encodable, printable


@pytest.mark.parametrize(
    "name,shown",
    [
        ("firefox", "firefox"),
        ("", ""),
        ("Isolated Web Co", "Isolated Web Co"),
        ("two\nlines", "two\\nlines"),
        ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        ("\x9b2J", "\\x9b2J"),
        ("ab\u202egnp.exe", "ab\\u202egnp.exe"),
        ("\udcff\udcfeodd", "\\xff\\xfeodd"),
        ("line\u2028sep", "line\\u2028sep"),
        ("名字 √", "名字 √"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("a\\nb", "a\\nb"),
    ],
)
def test_controls_become_escapes(name: str, shown: str) -> None:
    assert printable(name) == shown


@given(st.text(st.characters(codec=None)))
def test_what_is_shown_stays_on_its_line_and_encodes(name: str) -> None:
    shown = printable(name)
    assert len(shown.splitlines()) <= 1
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in shown)
    shown.encode("utf-8")
    encodable(name).encode("utf-8")
