#!/bin/sh
# Sets up whatever is missing, checkers included, then runs them all; with arguments: pytest with these.
set -eu
here=$(readlink -f -- "$0")
root=${here%/installers/*}
. "$root/installers/set-up.sh"
set_up test
cd "$root"
PATH=$root/.venv/bin:$PATH
export PATH
if [ $# -gt 0 ]; then
    exec python -m pytest "$@"
fi

broken=
check() {
    printf '%s\n' "== $*"
    "$@" || broken="$broken [$*]"
}
check ruff format --check .
check ruff check .
check lint-imports
check mypy --strict guardian
check python -m pytest
[ -z "$broken" ] || fail "not clean:$broken"
