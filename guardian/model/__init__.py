"""What it means: pure functions of the kernel's values, one answer per kernel era."""
