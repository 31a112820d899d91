"""A short look into the journal for what a user-space killer has just done; in a child that ends at once.

Source: journalctl(1).
"""

import time
from collections.abc import Callable

from guardian.adapters.boot_clock import boot_id
from guardian.model.history import Kill

# The journal is a moment behind; a kill by SIGTERM may take a while.
_WAIT_SECONDS = 1.0
_BACK_SECONDS = 120.0


def journal_kills(pause: Callable[[float], None] = time.sleep) -> list[Kill]:
    """The kills of the last two minutes that the journal tells of; none where it cannot be read."""
    from guardian.adapters.journal import NoJournal, read_journal
    from guardian.model.attribution import attribute
    from guardian.model.forensics import Forensics

    pause(_WAIT_SECONDS)
    judge, boot = Forensics("journal"), boot_id()
    try:
        found = [judge.judge(event) for event, _boot in read_journal(time.time() - _BACK_SECONDS)]
    except NoJournal:
        return []
    # The kernel's own log is watched already.
    kills = attribute(kill for kill in found if kill is not None)
    return [kill._replace(boot=boot) for kill in kills if kill.killer != "kernel"]
