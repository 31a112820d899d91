# shellcheck shell=sh
#
# What runs of an installed OOM Guardian, told of a change: sourced by install-helper.sh, put at the head of each script of a package.
# Works without systemd and without a bus, and with DESTDIR set does nothing.

program=/usr/bin/guardian
lib=/usr/lib/oom-guardian
enforcer='oom-guardian-enforcer.path oom-guardian-enforcer.service'
# A user's service manager may answer never.
ask_seconds=30

has_systemd() { [ -z "${DESTDIR-}" ] && [ -d /run/systemd/system ] && command -v systemctl >/dev/null; }

# With a setting on trial the helper is left to put the old value back; it leaves by itself then.
on_trial() { grep -q '"key"' "${DESTDIR-}/run/oom-guardian/trials.json" 2>/dev/null; }

reload() {
    if has_systemd; then
        systemctl daemon-reload || printf '%s\n' "systemd did not reload its units; run: systemctl daemon-reload" >&2
    fi
    # The bus reads new policy by itself; asking makes it sure where it cannot watch its folders.
    if [ -z "${DESTDIR-}" ] && command -v dbus-send >/dev/null && [ -S /run/dbus/system_bus_socket ]; then
        dbus-send --system --type=method_call --dest=org.freedesktop.DBus / org.freedesktop.DBus.ReloadConfig 2>/dev/null || true
    fi
}

# What already runs is of the version before: the enforcer begins anew, the helper is started by the next who asks.
renew_helper() {
    has_systemd || return 0
    systemctl try-restart oom-guardian-enforcer.service || true
    on_trial || systemctl stop oom-guardian-helper.service || true
}

stop_helper() {
    has_systemd || return 0
    # shellcheck disable=SC2086  # two units
    systemctl "$@" $enforcer 2>/dev/null || true
    on_trial || systemctl stop oom-guardian-helper.service 2>/dev/null || true
}

# UID GID RUNTIME VERB…: ask one user's service manager.  Whoever runs as a user can be looked into and steered by that user, so it
# gets nothing of root's: no environment, no terminal to type into, no descriptors of the package tool, and no end of time.
ask_one_user() {
    asked_as="--reuid $1 --regid $2 --clear-groups" asked_in=$3
    shift 3
    # shellcheck disable=SC2086  # options of setpriv
    timeout -k 5 "$ask_seconds" setsid -w env -i PATH="$PATH" LC_ALL=C.UTF-8 XDG_RUNTIME_DIR="$asked_in" \
        setpriv $asked_as systemctl --user "$@" \
        </dev/null >/dev/null 2>&1 3>&- 4>&- 5>&- || true
}

# VERB…: ask the service manager of everybody who is logged in.
ask_users() {
    has_systemd || return 0
    for private in /run/user/[0-9]*/systemd/private; do
        [ -S "$private" ] || continue
        runtime=${private%/systemd/private}
        ask_one_user "${runtime##*/}" "$(stat -c %g "$runtime")" "$runtime" "$@"
    done
}

# Windows and agents that no service manager knows: those of this package alone, told by how they were started.
end_programs() {
    for at in /proc/[0-9]*; do
        words=$(tr '\0' '\n' 2>/dev/null <"$at/cmdline" | head -n 4 | tr '\n' ' ') || continue
        case $words in
            *"/python3 -sP $program "*) ;;
            *"/python3 -m guardian "*) tr '\0' '\n' 2>/dev/null <"$at/environ" | grep -q "^PYTHONPATH=$lib/app" || continue ;;
            *) continue ;;
        esac
        # From within another root all of the machine may be seen.
        [ "$(stat -Lc %d:%i "$at/root" 2>/dev/null)" = "$(stat -Lc %d:%i /)" ] || continue
        kill "${at#/proc/}" 2>/dev/null || true
    done
}

forget_compiled() { [ ! -d "$lib" ] || find "$lib" -name __pycache__ -type d -prune -exec rm -rf {} +; }
