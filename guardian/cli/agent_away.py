"""The agent's alerts off the machine; nothing of it is loaded where no channel is set up."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from guardian.adapters.freezer import state_folder
from guardian.adapters.poll_loop import PollLoop
from guardian.adapters.settings_place import settings_path
from guardian.model.history import Kill
from guardian.model.verdict import Verdict

if TYPE_CHECKING:
    from guardian.adapters.alert_post import AlertPost

# As in guardian.adapters.channel_file, which is loaded only where there is such a file.
_CHANNELS = "channels.toml"


class Away:
    """Hands verdicts and kills on to whoever sends them, once there are channels."""

    def __init__(self, loop: PollLoop, say: Callable[[str], None]) -> None:
        self._loop, self._say = loop, say
        self._path = os.path.join(os.path.dirname(settings_path()), _CHANNELS)
        self._post: AlertPost | None = None

    def take_channels(self) -> None:
        """Take over what the user changed."""
        if self._post is None:
            if not os.path.exists(self._path):
                return
            from guardian.adapters.alert_post import AlertPost

            self._post = AlertPost(self._loop, self._say, state_folder())
        self._post.take_channels()

    def tick(self, verdict: Verdict) -> None:
        """Take in a tick, once the desktop was told."""
        if self._post is not None:
            self._post.tick(verdict)

    def killed(self, kill: Kill) -> None:
        """Take in a kill, once the desktop was told."""
        if self._post is not None:
            self._post.killed(kill)

    def close(self) -> None:
        """Have all on disk."""
        if self._post is not None:
            self._post.close()
