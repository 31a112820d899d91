r"""Escapes in names of /proc/mounts, /proc/swaps and their like.

    /mnt/my\040disk

Source: fs/seq_file.c:mangle_path(), seq_escape().
"""

import re

_OCTAL = re.compile(rb"\\([0-3][0-7]{2})")


def unescaped(name: str) -> str:
    """The name with the kernel's octal escapes undone; they stand for bytes, which may form UTF-8 together."""
    if "\\" not in name:
        return name
    raw = _OCTAL.sub(lambda found: bytes([int(found[1], 8)]), name.encode("utf-8", "surrogateescape"))
    return raw.decode("utf-8", "replace")
