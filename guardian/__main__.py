"""`python -m guardian`: the program."""

import sys

from guardian.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
