"""The ways in which the helper says no; each is one error name on the bus."""

from guardian.protocol import helper


class HelperError(Exception):
    """A call that was not carried out; the message is one line for people, `name` the D-Bus error."""

    name = helper.FAILED


class NotAuthorized(HelperError):
    """polkit said no, or nobody gave the password."""

    name = helper.NOT_AUTHORIZED


class Gone(HelperError):
    """The process has ended, or its pid is another's now."""

    name = helper.GONE


class Refused(HelperError):
    """Never done, whoever asks; the message names the rule."""

    name = helper.REFUSED


class Failed(HelperError):
    """Tried, and the machine said no."""

    name = helper.FAILED


class InvalidArgs(HelperError):
    """The arguments are not of the method's signature."""

    name = helper.INVALID_ARGS
