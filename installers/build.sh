#!/bin/sh
# Builds packages into dist/:  build.sh deb|rpm|wheel...
#
# The version is that of guardian/__init__.py.  The same commit gives the same wheel, byte for byte, also elsewhere: the time in it is
# SOURCE_DATE_EPOCH, or the commit's.
set -eu
here=$(readlink -f -- "$0")
root=${here%/installers/*}
. "$root/installers/set-up.sh"

usage() { sed -n '2s/^# //p' "$here"; }

case "${1-}" in
    "") usage >&2; exit 2 ;;
    -h | --help) usage; exit 0 ;;
esac
for kind; do
    case $kind in deb | rpm | wheel) ;; *) usage >&2; exit 2 ;; esac
done
set_up package
cd "$root"
umask 022
: "${SOURCE_DATE_EPOCH:=$(git -c safe.directory='*' log -1 --format=%ct 2>/dev/null || stat -c %Y CHANGELOG.md)}"
export SOURCE_DATE_EPOCH
mkdir -p dist
for kind; do
    case $kind in
        wheel) "$root/.venv/bin/python" -m hatchling build --target wheel --directory dist >&2 ;;
        *) "$root/.venv/bin/python" installers/package/build.py "$kind" ;;
    esac
done
