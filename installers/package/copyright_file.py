"""The file that tells who owns what in a package, with the text of every licence.

Source: Debian's "Machine-readable debian/copyright file", version 1.0.
"""

import importlib.metadata
import re
from collections.abc import Iterator
from pathlib import Path

_HEAD = """Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: OOM Guardian
Source: https://github.com/oomguardian/oom-guardian
Comment: Built from wheels of PyPI whose hashes requirements/run.txt pins. Qt and
 Qt for Python are used as shared libraries below
 /usr/lib/oom-guardian/app/PySide6 and may be replaced there; their sources are
 at https://download.qt.io/official_releases/.
"""
_QT = """Files: usr/lib/oom-guardian/app/PySide6/* usr/lib/oom-guardian/app/shiboken6/*
Copyright: The Qt Company Ltd. and other contributors
License: LGPL-3.0-only OR GPL-2.0-only OR GPL-3.0-only
 Used under the GNU Lesser General Public License, version 3. On Debian and
 Ubuntu its text is in /usr/share/common-licenses/LGPL-3, elsewhere in
 /usr/share/licenses/oom-guardian.
Comment: Qt's own libraries hold parts under other licences, each with its notice
 in Qt's documentation, "Licenses Used in Qt": among them PCRE2 (BSD-3-Clause),
 HarfBuzz (MIT), FreeType (FTL), libpng, zlib, double-conversion (BSD-3-Clause),
 MD4C (MIT), Wayland's protocols (MIT), adwaita-qt (LGPL-2.1-or-later).

Files: usr/lib/oom-guardian/app/PySide6/Qt/lib/libicu*
Copyright: Unicode, Inc. and others
License: Unicode-3.0
 See https://www.unicode.org/license.txt
"""
_CC0 = "On Debian and Ubuntu its text is in /usr/share/common-licenses/CC0-1.0."
_APACHE = (
    "On Debian and Ubuntu its text is in /usr/share/common-licenses/Apache-2.0,\nelsewhere in /usr/share/licenses/oom-guardian."
)
# Where a wheel's name is not the folder it fills.
_FOLDERS = {"markdown-it-py": "markdown_it"}


def text(root: Path, licences: Path) -> str:
    """One file of the licences that were found in wheels, a folder for each, and of the project's own."""
    own = (root / "LICENSE").read_text(encoding="utf-8")
    parts = [_HEAD, _stanza("*", "MIT", own), _stanza("usr/share/metainfo/*", "CC0-1.0", _CC0, "OOM Guardian contributors")]
    for found in sorted(licences.iterdir()):
        words = "\n\n".join(_shortened(file) for file in sorted(found.iterdir()))
        name = _FOLDERS.get(found.name, found.name.replace("-", "_"))
        parts.append(_stanza(f"usr/lib/oom-guardian/app/{name}/*", _licence_of(found.name), words))
    return "\n".join([*parts, _QT])


def _shortened(file: Path) -> str:
    """A licence's text; of one that every Debian has, where it is."""
    words = file.read_text(encoding="utf-8")
    return _APACHE if "Apache License" in words and "Version 2.0, January 2004" in words else words


def _stanza(files: str, licence: str, text: str, owner: str = "") -> str:
    owners = [owner] if owner else list(_owners(text))
    lines = [f"Files: {files}", "Copyright: " + "\n ".join(owners), f"License: {licence}"]
    lines += [f" {line.rstrip()}" if line.strip() else " ." for line in text.strip().splitlines()]
    return "\n".join(lines) + "\n"


def _owners(text: str) -> Iterator[str]:
    """The owners that a licence names, once each."""
    seen = set()
    for line in re.findall(r"^\W*(?:Copyright|Copyright ©|\(c\))\s+(.*\d{4}.*|\(c\).*)$", text, re.MULTILINE | re.IGNORECASE):
        owner = re.sub(r"^\([cC]\)\s*", "", line).strip(" *")
        if owner not in seen:
            seen.add(owner)
            yield owner
    if not seen:
        yield "see the text of the licence"


def _licence_of(name: str) -> str:
    """An SPDX expression, as the library's own metadata tell it."""
    told = importlib.metadata.metadata(name)
    short = told["License-Expression"] or (told["License"] or "").splitlines()[:1] or ""
    classified = [
        one.rpartition(" :: ")[2].removesuffix(" License") for one in told.get_all("Classifier", []) if "License ::" in one
    ]
    text = short if isinstance(short, str) else short[0]
    return text or {"BSD": "BSD-3-Clause"}.get(classified[0], classified[0])
