"""What works on this machine for OOM Guardian, what is missing, and how to get it: one small look per capability."""
