"""OOM Guardian: shows whom the kernel's OOM killer would end, and why, before it happens."""

__version__ = "0.1.0"
