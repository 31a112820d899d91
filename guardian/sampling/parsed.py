"""Values of texts that have not changed since the last look, so that a replay takes apart only what is new."""

from collections.abc import Callable
from typing import TypeVar, cast

Value = TypeVar("Value")


class ParsedTexts:
    """The last value of each path (or process), given again while its texts are the same.

    A recording keeps unchanged files as the very same text, so comparing is mostly a look at two addresses.
    """

    def __init__(self) -> None:
        self._values: dict[str | int, tuple[object, object]] = {}
        self._fresh: dict[str | int, tuple[object, object]] = {}

    def value(self, name: str | int, texts: object, parse: Callable[[], Value]) -> Value:
        """The value of `texts` under `name`, parsed only when they differ from the last."""
        known = self._values.get(name)
        if known is None or known[0] != texts:
            known = (texts, parse())
        self._fresh[name] = known
        return cast("Value", known[1])

    def turn(self) -> None:
        """Forget what the pass that ends here has not asked for."""
        self._values, self._fresh = self._fresh, {}
