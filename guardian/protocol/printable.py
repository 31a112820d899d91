"""Names that others chose, made safe to show: they may hold newlines, terminal escapes and marks that turn text round.

Source: prctl(2) PR_SET_NAME (any bytes but NUL), ECMA-48 (control codes), Unicode UAX #9 (bidi controls).
"""

import re
import unicodedata

_SURROGATE = re.compile("[\ud800-\udfff]")
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_HIDDEN = frozenset(("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"))
_JOINERS = frozenset("\u200c\u200d")


def _shown(char: str) -> str:
    if char in _JOINERS or (char not in _TURNING and unicodedata.category(char) not in _HIDDEN):
        return char
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:
        # A byte that was not UTF-8, as surrogateescape keeps it.
        return f"\\x{code - 0xDC00:02x}"
    if char in "\n\t\r":
        return {"\n": "\\n", "\t": "\\t", "\r": "\\r"}[char]
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def printable(text: str) -> str:
    """The text with every control, bidi and unassigned character written as an escape, so that it stays on its line."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_shown, text))


def encodable(text: str) -> str:
    """The text without lone surrogates, which UTF-8 cannot carry; each becomes U+FFFD."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)
