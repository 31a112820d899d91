"""Starts the agent or the window at ten looks a second, each look's time noted:  beat.py agent|window NOTES"""

import struct
import sys
import time
from collections.abc import Callable

SECONDS = 0.1


def noted(look: Callable[..., None], path: str) -> Callable[..., None]:
    """The same look, with its moment (monotonic, a double) added to the notes."""
    notes = open(path, "ab", buffering=0)  # noqa: SIM115 - as long as the program

    def again(*args: object, **named: object) -> None:
        notes.write(struct.pack("d", time.monotonic()))
        look(*args, **named)

    return again


def main() -> int:
    """Run one of the two until it is ended."""
    from guardian.cli.main import main as guardian

    if sys.argv[1] == "agent":
        from guardian.cli import agent_watch

        setattr(agent_watch, "next_look", lambda *_times: SECONDS)  # noqa: B010 - a faster beat than the product's
        setattr(agent_watch.Watch, "look", noted(agent_watch.Watch.look, sys.argv[2]))  # noqa: B010
        return guardian(["agent"])
    from guardian.sampling.interval import Interval
    from guardian.ui import sampling_worker

    pace = Interval(SECONDS, SECONDS)
    setattr(sampling_worker, "window_interval", lambda _visible: pace)  # noqa: B010
    setattr(sampling_worker.SamplingWorker, "_tick", noted(sampling_worker.SamplingWorker._tick, sys.argv[2]))  # noqa: B010
    return guardian([])


if __name__ == "__main__":
    sys.exit(main())
