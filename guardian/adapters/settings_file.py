"""The user's settings as a TOML file in the user's configuration; what is not in it has its default.

    [notifications]
    level = "critical"

A broken file is kept aside under a name that says when, and named; settings that are not known rest, and are named too.
Source: XDG Base Directory Specification; TOML 1.0.
"""

import os
import time
from typing import NamedTuple

from guardian.adapters.settings_place import settings_path
from guardian.policy.settings import DEFAULTS, Settings, as_document, parse_settings
from guardian.protocol.i18n import _


class FoundSettings(NamedTuple):
    """The settings that hold, and a sentence for each part of the file that does not."""

    settings: Settings = DEFAULTS
    complaints: tuple[str, ...] = ()


class SettingsFile:
    """The file of one user, read again only when it has changed."""

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        self.path = os.fspath(path) if path is not None else settings_path()
        self._stamp: tuple[int, int, int] | None = None
        self._found = FoundSettings()

    def read(self) -> FoundSettings:
        """The settings; those that were read last where the file cannot be read now."""
        stamp = self._seen()
        if stamp is not None and stamp == self._stamp:
            return self._found
        self._stamp = stamp
        if stamp is None:
            self._found = FoundSettings()
            return self._found
        # Only whoever has such a file pays for reading one.
        import tomllib

        try:
            with open(self.path, encoding="utf-8") as file:
                text = file.read()
            settings, complaints = parse_settings(tomllib.loads(text))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
            self._found = FoundSettings(self._found.settings, (self._put_aside(error),))
        except OSError as error:
            self._found = FoundSettings(self._found.settings, (_unreadable(self.path, error),))
        else:
            named = tuple(_("{path}: {complaint}").format(path=self.path, complaint=one) for one in complaints)
            self._found = FoundSettings(settings, named)
        return self._found

    def change(self, key: str, value: object) -> Settings:
        """Keep one value, and those of the file beside it.  Raises SettingError for what does not fit, OSError."""
        settings = self.read().settings.changed(key, value)
        self.write(settings)
        return settings

    def write(self, settings: Settings) -> None:
        """Keep these settings and nothing else.  The file is whole at every moment.  Raises OSError."""
        import tempfile

        import tomli_w

        folder = os.path.dirname(self.path)
        os.makedirs(folder, mode=0o700, exist_ok=True)
        file, temporary = tempfile.mkstemp(prefix=".settings-", dir=folder)
        try:
            with os.fdopen(file, "wb") as out:
                tomli_w.dump(as_document(settings), out)
                out.flush()
                os.fsync(out.fileno())
            os.replace(temporary, self.path)
        except OSError:
            os.unlink(temporary)
            raise
        self._stamp, self._found = self._seen(), FoundSettings(settings)

    def _seen(self) -> tuple[int, int, int] | None:
        """What tells one version of the file from another; None where there is none."""
        try:
            found = os.stat(self.path)
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino, found.st_size

    def _put_aside(self, error: Exception) -> str:
        aside = f"{self.path}.broken-{time.strftime('%Y%m%d-%H%M%S')}"
        try:
            os.rename(self.path, aside)
        except OSError:
            return _("{path} is not TOML ({reason}); its settings rest until it is mended").format(path=self.path, reason=error)
        return _("{path} was not TOML ({reason}); it is kept as {aside}, and the defaults hold").format(
            path=self.path, reason=error, aside=os.path.basename(aside)
        )


def _unreadable(path: str, error: OSError) -> str:
    return _("{path} cannot be read: {reason}").format(path=path, reason=error.strerror or error)
