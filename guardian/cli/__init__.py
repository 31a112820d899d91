"""The command line: the same library without Qt."""
