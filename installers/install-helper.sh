#!/bin/sh
# Installs OOM Guardian's root helper, or takes it away:  install-helper.sh [--uninstall]
#
# DESTDIR puts everything below another root, for packages and images; nothing is started then.
# Everything lands root-owned in the system's usual places, run by the system's own Python with the standard library and the
# jeepney beside it, never from this checkout, which a user could write.  Root does run this checkout once, to copy it: whoever
# may write here is trusted as far as with any `sudo make install`, so run it from a checkout of your own.
set -eu
umask 022
here=$(readlink -f -- "$0")
root=${here%/installers/*}
lib=${DESTDIR-}/usr/lib/oom-guardian
policy=${DESTDIR-}/usr/share/polkit-1/actions/io.github.oomguardian.helper.policy
bus=${DESTDIR-}/usr/share/dbus-1/system.d/io.github.oomguardian.Helper1.conf
activation=${DESTDIR-}/usr/share/dbus-1/system-services/io.github.oomguardian.Helper1.service
units=${DESTDIR-}/usr/lib/systemd/system
locale=${DESTDIR-}/usr/share/locale

say() { printf '%s\n' "install-helper.sh: $*" >&2; }
fail() { say "$*"; exit 1; }

usage() { sed -n '2s/^# //p' "$here"; }

has_systemd() { [ -z "${DESTDIR-}" ] && [ -d /run/systemd/system ] && command -v systemctl >/dev/null; }

reload() {
    if has_systemd; then
        systemctl daemon-reload || say "systemd did not reload its units; run: systemctl daemon-reload"
    fi
    # The bus reads new policy by itself; asking makes it sure where it cannot watch its folders.
    if [ -z "${DESTDIR-}" ] && command -v dbus-send >/dev/null && [ -S /run/dbus/system_bus_socket ]; then
        dbus-send --system --type=method_call --dest=org.freedesktop.DBus / org.freedesktop.DBus.ReloadConfig 2>/dev/null || true
    fi
}

on_trial() { grep -q '"key"' "${DESTDIR-}/run/oom-guardian/trials.json" 2>/dev/null; }

uninstall() {
    if has_systemd; then
        systemctl disable --now oom-guardian-enforcer.path oom-guardian-enforcer.service 2>/dev/null || true
        # With a setting on trial it is left to put the old value back; it leaves by itself then.
        on_trial || systemctl stop oom-guardian-helper.service 2>/dev/null || true
    fi
    rm -f "$policy" "$bus" "$activation" "$units/oom-guardian-helper.service" \
        "$units/oom-guardian-enforcer.service" "$units/oom-guardian-enforcer.path"
    rm -f "$locale"/*/LC_MESSAGES/oom-guardian.mo
    rm -rf "$lib"
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

copy_tree() { # FROM TO: the Python files of one package, tests left out
    (cd "$1" && find . -name tests -prune -o -type f -name '*.py' -print) | while read -r file; do
        install -D -o root -g root -m 644 "$1/$file" "$2/$file"
    done
}

install_all() {
    [ -x /usr/bin/python3 ] || fail "/usr/bin/python3 is missing; on Debian: apt-get install python3"
    /usr/bin/python3 -I -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        fail "the system's Python is older than 3.11, which the helper needs"
    jeepney=$(jeepney_folder)
    rm -rf "$lib.new"
    for part in helper kernel protocol; do
        copy_tree "$root/guardian/$part" "$lib.new/guardian/$part"
    done
    install -o root -g root -m 644 "$root/guardian/__init__.py" "$lib.new/guardian/__init__.py"
    copy_tree "$jeepney" "$lib.new/jeepney"
    install -o root -g root -m 755 "$root/resources/helper/oom-guardian-helper" "$lib.new/oom-guardian-helper"
    rm -rf "$lib"
    mv "$lib.new" "$lib"
    /usr/bin/python3 -I "$lib/oom-guardian-helper" --check || fail "the installed helper does not start"
    install -D -o root -g root -m 644 "$root/resources/polkit/io.github.oomguardian.helper.policy" "$policy"
    install -D -o root -g root -m 644 "$root/resources/dbus/io.github.oomguardian.Helper1.conf" "$bus"
    install -D -o root -g root -m 644 "$root/resources/dbus/io.github.oomguardian.Helper1.service" "$activation"
    for unit in helper.service enforcer.service enforcer.path; do
        install -D -o root -g root -m 644 "$root/resources/systemd/oom-guardian-$unit" "$units/oom-guardian-$unit"
    done
    # polkit translates what its password dialogs say by it.
    for catalogue in "$root"/resources/locale/*/LC_MESSAGES/oom-guardian.mo; do
        install -D -o root -g root -m 644 "$catalogue" "$locale/${catalogue#"$root/resources/locale/"}"
    done
    reload
    if has_systemd; then
        # What already runs is of the version before.
        systemctl try-restart oom-guardian-enforcer.service || true
        on_trial || systemctl stop oom-guardian-helper.service || true
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
if [ "${1-}" = --uninstall ]; then uninstall; else install_all; fi
