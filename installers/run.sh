#!/bin/sh
# Sets up whatever is missing, then becomes `guardian ARGS`.  Progress goes to stderr: stdout is the program's alone.
set -eu
here=$(readlink -f -- "$0")
root=${here%/installers/*}
. "$root/installers/set-up.sh"
set_up run
exec "$root/.venv/bin/python" -P -m guardian "$@"
