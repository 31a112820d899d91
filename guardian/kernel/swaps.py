"""/proc/swaps: the swap areas in use.

    Filename   Type        Size     Used    Priority
    /dev/zram0 partition   8388604  1153433 100

Source: mm/swapfile.c:swap_show().
"""

from typing import NamedTuple


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
