"""What the kernel says: text of /proc, /sys and cgroup files turned into frozen values."""
