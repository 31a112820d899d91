"""The files that set sysctls at boot, as they lie on this machine."""

from pathlib import Path

from guardian.policy.boot_values import COMMAND_LINE, FOLDERS, LAST_FILE, BootFile, BootValue, boot_value, read_order

_MOST_BYTES = 1 << 20
# Where systemd runs, its own program reads the files; elsewhere it is procps.
_SYSTEMD = "run/systemd/system"


class BootFiles:
    """Reads below `root`; what cannot be read counts as absent."""

    def __init__(self, root: str = "/") -> None:
        self._root = Path(root)

    def values(self, keys: tuple[str, ...]) -> dict[str, BootValue]:
        """What decides each of these keys at boot; those that nothing sets are left out."""
        files = read_order(self._files())
        last = None if self._is_linked(files) else self._file(self._root / LAST_FILE, LAST_FILE)
        reads_last = not (self._root / _SYSTEMD).is_dir()
        line = _text(self._root / COMMAND_LINE)
        found = {key: boot_value(key, files, last=last, reads_last=reads_last, command_line=line) for key in keys}
        return {key: value for key, value in found.items() if value is not None}

    def _is_linked(self, files: list[BootFile]) -> bool:
        """Whether a file of the folders is a link to /etc/sysctl.conf, as Debian long had it."""
        target = (self._root / LAST_FILE).resolve()
        return any((self._root / file.path).is_symlink() and (self._root / file.path).resolve() == target for file in files)

    def _files(self) -> list[BootFile]:
        merged = (self._root / "lib").is_symlink()
        found = []
        for folder in FOLDERS[:-1] if merged else FOLDERS:
            try:
                names = sorted(path.name for path in (self._root / folder).iterdir())
            except OSError:
                continue
            found += [file for name in names if (file := self._file(self._root / folder / name, f"{folder}/{name}")) is not None]
        return found

    def _file(self, path: Path, name: str) -> BootFile | None:
        if path.is_symlink() and str(path.readlink()) == "/dev/null":
            return BootFile(name, "")
        return BootFile(name, _text(path)) if path.is_file() else None


def _text(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(_MOST_BYTES)
    except OSError:
        return ""
