"""Ways in which a file of the kernel cannot be had."""


class KernelFileError(Exception):
    """A kernel file that could not be read; `path` names it, relative to the tree's root."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class Vanished(KernelFileError):
    """The file is not there: the process has ended, or this kernel has no such file.  Normal."""


class Denied(KernelFileError):
    """The file may not be read by this user (hidepid, permissions).  Shown as "not permitted"."""


class Unparsable(KernelFileError):
    """The text is not what any known kernel writes; a new kernel or a bug of ours."""
