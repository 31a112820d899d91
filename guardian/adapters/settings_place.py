"""Where the user's settings lie, and the one of them that is wanted before all else: the language.

Source: XDG Base Directory Specification ($XDG_CONFIG_HOME).
"""

import os
from collections.abc import Mapping

FILE_NAME = "settings.toml"
FOLDER_NAME = "oom-guardian"
_LONGEST = 16


def settings_path(environ: Mapping[str, str] = os.environ) -> str:
    """The path of the file, which need not be there."""
    base = environ.get("XDG_CONFIG_HOME", "")
    if not os.path.isabs(base):
        base = os.path.join(os.path.expanduser("~"), ".config")
    return os.path.join(base, FOLDER_NAME, FILE_NAME)


def chosen_language(environ: Mapping[str, str] = os.environ) -> str | None:
    """The language that was chosen; None where the desktop's is wanted, or the file says nothing that can be understood.

    What is wrong with the file is told by whoever reads all of it.
    """
    path = settings_path(environ)
    if not os.path.exists(path):
        return None
    # Only whoever has such a file pays for reading one.
    import tomllib

    try:
        with open(path, "rb") as file:
            language = tomllib.load(file)["desktop"]["language"]
    except (OSError, ValueError, RecursionError, KeyError, TypeError):
        return None
    known = isinstance(language, str) and 0 < len(language) <= _LONGEST and language.replace("_", "").isalnum()
    return language if known else None
