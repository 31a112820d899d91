"""Every place of this machine that may tell of kills, read as one history.

The journal of all boots, the system's log files with their rotated ones, and the kernel's ring buffer of this boot; what could
not be read is said.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from guardian.adapters.boot_clock import boot_id, placed, started_at
from guardian.adapters.helper_client import HelperClient, HelperRefused, NoHelper
from guardian.adapters.journal import NoJournal, read_journal
from guardian.adapters.kernel_ring import KMSG, read_kernel_ring
from guardian.adapters.log_files import FOLDER, LogUnreadable, Progress, machine_logs, read_pieces
from guardian.kernel.oom_log import read_events
from guardian.model.attribution import attribute
from guardian.model.forensics import Forensics
from guardian.model.history import Kill
from guardian.protocol.i18n import _

Told = Callable[[str, Progress], bool]


class Reading(NamedTuple):
    """The kills that were found, one entry each, oldest first; a sentence for each source that could not be read.

    `sources` are the sources that were read.
    """

    kills: tuple[Kill, ...]
    gaps: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


def read_log(path: str, told: Told | None = None) -> Reading:
    """The kills of one log; "-" is standard input.  `told` may end the reading early.  Raises LogUnreadable."""
    until = time.time() if path == "-" else _ends(path)
    name = "standard input" if path == "-" else os.path.basename(path)
    pieces = read_pieces(path, None if told is None else lambda progress: told(path, progress))
    return Reading(tuple(attribute(_judged(pieces, until, "kernel log"))), sources=(name,))


def read_text(text: str, until: float | None = None) -> Reading:
    """The kills of a text, such as a recording's own log."""
    return Reading(tuple(attribute(_judged([text.encode("utf-8", "replace")], until, "kernel log"))))


def read_machine(
    since: float | None = None,
    told: Told | None = None,
    *,
    ask: bool = False,
    known: Iterable[Kill] = (),
    kmsg: str | None = KMSG,
    folder: str = FOLDER,
    journal: str | None = None,
    helper: HelperClient | None = None,
) -> Reading:
    """All that this machine's own logs tell, with what is `known` already (the stored history).

    `since` is seconds since the epoch.  `ask`: the helper may show a password dialog where the user may not read the kernel
    log; without, it is asked only whether it may answer silently.  `helper` is whom to ask, so that waiting can be given up.
    `kmsg` None reads no running kernel's log, `journal` names the folder of another machine's.
    """
    kills: list[Kill] = list(known)
    gaps: list[str] = []
    read: list[str] = []
    readings: tuple[tuple[str, Callable[[], list[Kill]]], ...] = (
        (_("journal"), lambda: _journal(since, told, journal)),
        (_("kernel log of this start"), lambda: _ring(since, kmsg or KMSG, helper or HelperClient(), ask=ask)),
    )
    if kmsg is None:
        readings = readings[:1]
    for source, reading in readings:
        try:
            kills += reading()
            read.append(source)
        except (NoJournal, LogUnreadable) as error:
            gaps.append(str(error))
    for log in machine_logs(folder):
        if since is not None and log.until < since:
            continue
        try:
            kills += _judged(read_pieces(log.path, _told_of(log.path, told)), log.until, os.path.basename(log.path))
            read.append(log.path)
        except LogUnreadable as error:
            gaps.append(str(error))
    found = [kill for kill in attribute(kills) if since is None or kill.time is None or kill.time >= since]
    return Reading(tuple(found), tuple(gaps), tuple(read))


def _judged(pieces: Iterable[bytes], until: float | None, source: str) -> Iterator[Kill]:
    judge = Forensics(source)
    for event in read_events(pieces, until):
        kill = judge.judge(event)
        if kill is not None:
            yield kill


def _journal(since: float | None, told: Told | None, folder: str | None) -> list[Kill]:
    """The journal's kills; each boot's reports are judged by themselves."""
    judges: dict[str | None, Forensics] = {}
    heard = None if told is None else lambda _when: told("journal", Progress(0, None))
    kills = []
    for event, boot in read_journal(since, heard, folder):
        kill = judges.setdefault(boot, Forensics("journal")).judge(event)
        if kill is not None:
            kills.append(kill._replace(boot=boot))
    return kills


def _ring(since: float | None, kmsg: str, helper: HelperClient, *, ask: bool) -> list[Kill]:
    """The kills of this boot from the kernel's own buffer, or from the helper where the user may not read it."""
    text = read_kernel_ring(path=kmsg)
    if text is None:
        text = _asked(since, helper, ask=ask)
    zero, boot = started_at(), boot_id()
    return [placed(kill, boot, zero) for kill in _judged([text.encode("utf-8", "replace")], None, "kernel log")]


def _asked(since: float | None, helper: HelperClient, *, ask: bool) -> str:
    try:
        return "\n".join(helper.kernel_log(since or 0.0, interactive=ask)) + "\n"
    except (NoHelper, HelperRefused) as error:
        if ask:
            raise LogUnreadable(_("The kernel log is not readable for you. {reason}").format(reason=error)) from None
        raise LogUnreadable(
            _("The kernel log is not readable for you. Read it once with your password: guardian history --ask")
        ) from None


def _ends(path: str) -> float | None:
    try:
        return os.stat(path).st_mtime
    except (OSError, ValueError):
        return None


def _told_of(path: str, told: Told | None) -> Callable[[Progress], bool] | None:
    return None if told is None else lambda progress: told(path, progress)
