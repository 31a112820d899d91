"""/proc/swaps: the swap areas in use.

    Filename   Type        Size     Used    Priority
    /dev/zram0 partition   8388604  1153433 100

Source: mm/swapfile.c:swap_show().
"""

from typing import NamedTuple

from guardian.kernel.escapes import unescaped


class SwapDevice(NamedTuple):
    """One swap area; sizes in bytes, `used` as the kernel counts it (uncompressed for zram)."""

    name: str
    kind: str
    size: int
    used: int
    priority: int

    @property
    def on_zram(self) -> bool:
        """Whether it lies on a zram device, so that swapped pages stay in RAM, compressed."""
        return self.name.startswith("/dev/zram")


def parse_swaps(text: str) -> tuple[SwapDevice, ...]:
    """The areas that /proc/swaps lists, in its order; empty without swap.  Lines that make no sense are left out."""
    devices = []
    for line in text.split("\n"):
        words = line.rsplit(maxsplit=4)
        if len(words) != 5:
            continue
        name, kind, *numbers = words
        try:
            size, used, priority = map(int, numbers)
        except ValueError:
            continue
        devices.append(SwapDevice(unescaped(name), kind, size * 1024, used * 1024, priority))
    return tuple(devices)
