"""The only code that runs as root; it reaches no further than `kernel` and `protocol`."""
