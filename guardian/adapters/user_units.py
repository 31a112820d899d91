"""Drop-ins for units of the user's own systemd manager, written by the user's own process; root never writes below a home.

Source: systemd.unit(5) (~/.config/systemd/user/UNIT.d/), systemctl(1).
"""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from guardian.adapters.unit_plans import KeptPlan, effective_plan, parse_drop_in, user_unit_folder
from guardian.protocol.i18n import _
from guardian.protocol.plans import DROP_IN, OWNER_HEADER, UnitPlan, drop_in_text, parse_plan
from guardian.protocol.refusals import in_readers_language
from guardian.protocol.rules import RuleError, check_unit

_RELOAD_SECONDS = 30.0


class UnitsRefused(Exception):
    """The drop-in was not written, or the manager does not hold it; the text says why."""


class UserUnits:
    """Plans for the units of one user's manager.  `systemctl` is the program to ask, None looks for it in PATH."""

    def __init__(self, environ: Mapping[str, str] = os.environ, systemctl: str | None = None) -> None:
        self.folder = user_unit_folder(environ)
        self._environ = dict(environ)
        self._systemctl = systemctl or shutil.which("systemctl")

    def protect(self, unit: str, plan: UnitPlan) -> KeptPlan:
        """Write a unit's drop-in, have the manager load it, and read the effective values back.  Raises UnitsRefused.

        Where the manager does not hold it, the file is removed again.
        """
        path = self._path(unit)
        try:
            parse_plan({key: value for key, value in _keys(plan).items() if value is not None}, unit)
        except RuleError as error:
            raise UnitsRefused(_("Not changed: {reason}.").format(reason=in_readers_language(str(error)))) from error
        if plan.oom_score_adjust is not None and plan.oom_score_adjust < 0:
            raise UnitsRefused(
                _(
                    "Impossible here: the manager of a user may not go below what it has itself. "
                    "Protect the program or its processes through the helper."
                )
            )
        self._need_manager()
        before = self._own_text(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _write_whole(path, drop_in_text(plan, unit))
        except OSError as error:
            raise UnitsRefused(_("Not changed: {path}: {reason}.").format(path=path, reason=error.strerror)) from error
        try:
            self._reload()
            return KeptPlan(unit, user=True, path=str(path), plan=plan, effective=self._held(unit, plan))
        except UnitsRefused:
            self._put_back(path, before)
            raise

    def unprotect(self, unit: str) -> bool:
        """Whether there was a drop-in of ours to remove; nothing of it stays behind.  Raises UnitsRefused."""
        path = self._path(unit)
        if self._own_text(path) is None:
            return False
        try:
            path.unlink()
            with contextlib.suppress(OSError):
                path.parent.rmdir()
        except OSError as error:
            raise UnitsRefused(_("Not removed: {path}: {reason}.").format(path=path, reason=error.strerror)) from error
        if self._systemctl is not None:
            self._reload()
        return True

    def _path(self, unit: str) -> Path:
        try:
            return self.folder / f"{check_unit(unit)}.d" / DROP_IN
        except RuleError as error:
            raise UnitsRefused(_("Not changed: {reason}.").format(reason=in_readers_language(str(error)))) from error

    def _own_text(self, path: Path) -> str | None:
        """The text of our drop-in, None where there is none.  Raises UnitsRefused where a file of that name is not ours."""
        try:
            text = path.read_text("utf-8", "replace")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UnitsRefused(_("Not changed: {path}: {reason}.").format(path=path, reason=error.strerror)) from error
        if not text.startswith(OWNER_HEADER):
            raise UnitsRefused(_("Not changed: {path} was not written by OOM Guardian and is left alone.").format(path=path))
        return text

    def _need_manager(self) -> None:
        if self._systemctl is None:
            raise UnitsRefused(_("There is no systemd here, so a unit cannot be protected; protect the program or the process."))

    def _reload(self) -> None:
        assert self._systemctl is not None
        argv = [self._systemctl, "--user", "daemon-reload"]
        try:
            done = subprocess.run(argv, capture_output=True, text=True, timeout=_RELOAD_SECONDS, check=False, env=self._environ)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise UnitsRefused(_("Not changed: your systemd manager does not answer: {reason}").format(reason=error)) from error
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or [""])[0]
            raise UnitsRefused(_("Not changed: your systemd manager does not answer: {reason}").format(reason=reason))

    def _held(self, unit: str, plan: UnitPlan) -> UnitPlan:
        found = effective_plan(unit, user=True, systemctl=self._systemctl)
        if found is None:
            raise UnitsRefused(_("Not held: your systemd manager does not say what it has for {unit}.").format(unit=unit))
        for key, wished in _keys(plan).items():
            now = _keys(found)[key]
            if wished is not None and now != wished:
                raise UnitsRefused(
                    _("Not held: systemd says {key}={value} for {unit}; another drop-in is stronger.").format(
                        key=key, value="—" if now is None else now, unit=unit
                    )
                )
        return found

    def _put_back(self, path: Path, before: str | None) -> None:
        with contextlib.suppress(OSError, UnitsRefused):
            if before is None:
                path.unlink()
                path.parent.rmdir()
            else:
                parse_drop_in(before, path.parent.name.removesuffix(".d"))
                _write_whole(path, before)


def _keys(plan: UnitPlan) -> dict[str, int | str | None]:
    return {
        "OOMScoreAdjust": plan.oom_score_adjust,
        "OOMPolicy": plan.oom_policy,
        "ManagedOOMPreference": plan.managed_oom_preference,
        "MemoryLow": plan.memory_low,
    }


def _write_whole(path: Path, text: str) -> None:
    file, temporary = tempfile.mkstemp(prefix=".oom-guardian-", dir=path.parent)
    try:
        with os.fdopen(file, "w", encoding="utf-8") as out:
            out.write(text)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
