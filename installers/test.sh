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

# A user may lack system libraries of Qt: then all but the window's tests run.
if ! reason=$(python -c 'import PySide6.QtTest' 2>&1); then
    say "the window's tests are left out: $(printf '%s\n' "$reason" | tail -n 1)"
    without_qt='-p no:pytest-qt'
fi
if [ $# -gt 0 ]; then
    # shellcheck disable=SC2086  # two words or none
    exec python -m pytest ${without_qt-} "$@"
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
# shellcheck disable=SC2086  # two words or none
check python -m pytest ${without_qt-}
[ -z "$broken" ] || fail "not clean:$broken"
