"""What a program of ours that is started from here finds in its environment."""

import os
from collections.abc import Mapping

# A token is for one window of one start; whoever inherits it would take the focus.
_NOT_PASSED_ON = ("XDG_ACTIVATION_TOKEN", "DESKTOP_STARTUP_ID")


def child_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The starter's environment, in which this very package is found from any folder, and nothing that lies in that folder."""
    own = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
    kept = {key: value for key, value in environ.items() if key not in _NOT_PASSED_ON}
    before = kept.get("PYTHONPATH")
    kept["PYTHONPATH"] = own if not before else own + os.pathsep + before
    # Else `python -m` looks into the folder of whoever started this first, such as /tmp, where others may put what they like.
    kept["PYTHONSAFEPATH"] = "1"
    return kept
