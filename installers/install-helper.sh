#!/bin/sh
# Installs OOM Guardian's root helper, or takes it away:  install-helper.sh [--uninstall]
#
# DESTDIR puts everything below another root, for images; nothing is started then.  A package brings the helper itself.
# Everything lands root-owned in the system's usual places, run by the system's own Python with the standard library and the
# jeepney beside it, never from this checkout, which a user could write.  Root does run this checkout once, to copy it: whoever
# may write here is trusted as far as with any `sudo make install`, so run it from a checkout of your own.
set -eu
umask 022
here=$(readlink -f -- "$0")
root=${here%/installers/*}
. "$root/installers/live.sh"
into=${DESTDIR-}$lib

say() { printf '%s\n' "install-helper.sh: $*" >&2; }
fail() { say "$*"; exit 1; }

usage() { sed -n '2s/^# //p' "$here"; }

# The helper's lines of the list: mode, from, to.
listed() { sed -n 's/^helper  *//p' "$root/installers/files.txt"; }

refuse_package() {
    [ ! -e "$into/app" ] || fail "the package oom-guardian is installed and brings the helper; use the system's package tool for both"
}

uninstall() {
    if has_systemd; then stop_helper disable --now; fi
    listed | while read -r _ from to; do
        case $to in "$lib"/*) ;; *) rm -f "${DESTDIR-}$to${from##*/}" ;; esac
    done
    rm -rf "$into"
    on_trial || rm -rf "${DESTDIR-}/run/oom-guardian"
    reload
    say "removed."
    for left in "${DESTDIR-}/etc/oom-guardian" "${DESTDIR-}/etc/sysctl.d/60-oom-guardian.conf" \
        "${DESTDIR-}"/etc/systemd/system/*.d/50-oom-guardian.conf; do
        if [ -e "$left" ]; then
            say "what you asked it to keep stays: $left; remove it if you no longer want it"
        fi
    done
}

# The folder that holds the locked jeepney: the checkout's own environment, which run.sh makes where it is missing.
jeepney_folder() {
    "$root/installers/run.sh" --version >&2 || fail "the locked dependencies could not be set up; the lines above say why"
    "$root/.venv/bin/python" -P -c 'import jeepney, os; print(os.path.dirname(jeepney.__file__))'
}

copy() { # MODE FROM TO: a file, or the files of a folder
    case $2 in
        */)
            (cd "$2" && find . \( -name tests -o -name __pycache__ \) -prune -o -type f -print) | while read -r file; do
                install -D -o root -g root -m "$1" "$2$file" "$3$file"
            done
            ;;
        *) install -D -o root -g root -m "$1" "$2" "$3${2##*/}" ;;
    esac
}

# $1: the lines to copy, those below $lib or the others
copy_listed() {
    listed | while read -r mode from to; do
        case $to in "$lib"/*) part=lib place=$into.new${to#"$lib"} ;; *) part=system place=${DESTDIR-}$to ;; esac
        case $from in @jeepney/) from=$jeepney/ ;; *) from=$root/$from ;; esac
        [ "$part" != "$1" ] || copy "$mode" "$from" "$place"
    done
}

install_all() {
    [ -x /usr/bin/python3 ] || fail "/usr/bin/python3 is missing; on Debian: apt-get install python3"
    /usr/bin/python3 -I -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        fail "the system's Python is older than 3.11, which the helper needs"
    jeepney=$(jeepney_folder)
    rm -rf "$into.new"
    copy_listed lib
    rm -rf "$into"
    mv "$into.new" "$into"
    /usr/bin/python3 -I "$into/oom-guardian-helper" --check || fail "the installed helper does not start"
    copy_listed system
    reload
    if has_systemd; then
        renew_helper
        systemctl enable --now oom-guardian-enforcer.path || say "the enforcer could not be enabled; lasting rules wait for it"
    elif [ -z "${DESTDIR-}" ]; then
        say "no systemd here: lasting rules are stored, but nothing applies them at a program's start"
    fi
    say "installed.  Try: guardian pin PID --adj -500"
}

case "${1-}" in
    "") [ $# -eq 0 ] || { usage >&2; exit 2; } ;;
    --uninstall) [ $# -eq 1 ] || { usage >&2; exit 2; } ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
esac
[ "$(id -u)" -eq 0 ] || fail "this needs root; run: sudo $here ${1-}"
refuse_package
if [ "${1-}" = --uninstall ]; then uninstall; else install_all; fi
