#!/bin/sh
# Takes the README's pictures of the real window, on a screen of its own: docs/screenshots.sh [SECONDS]
# SECONDS (default 90) is how long the window measures before its picture is taken, so that the charts show something.
# Needs (Debian): xvfb xdotool imagemagick dbus-daemon.
set -eu
here=$(dirname -- "$(readlink -f -- "$0")")
seconds=${1:-90}

if [ -z "${SCREENSHOTS_INSIDE:-}" ]; then
    for program in Xvfb xdotool import dbus-run-session; do
        command -v "$program" >/dev/null || {
            echo "$program is missing. Install: xvfb xdotool imagemagick dbus-daemon" >&2
            exit 1
        }
    done
    home=$(mktemp -d)
    trap 'rm -rf -- "$home"' EXIT
    unset WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS QT_QPA_PLATFORM
    # Before the bus, so that what it starts finds the same empty home.
    export SCREENSHOTS_INSIDE=1 HOME="$home" XDG_RUNTIME_DIR="$home" XDG_CONFIG_HOME="$home/config" XDG_STATE_HOME="$home/state"
    dbus-run-session -- "$0" "$seconds"
    exit
fi

exec 3>"$HOME/display"
Xvfb -displayfd 3 -screen 0 1180x760x24 -nolisten tcp 2>/dev/null &
screen=$!
agent=
guardian=
trap 'kill $guardian $agent $screen 2>/dev/null || true' EXIT
until [ -s "$HOME/display" ]; do sleep 0.1; done
DISPLAY=:$(cat "$HOME/display")
export DISPLAY LC_ALL=C.UTF-8

# An agent of our own, which ends with us; the window would start one that outlives it.
"$here/../installers/run.sh" agent &
agent=$!
"$here/../installers/run.sh" &
guardian=$!
window=$(timeout 60 xdotool search --sync --onlyvisible --name 'OOM Guardian' | head -n 1)
xdotool windowmove "$window" 0 0 windowsize "$window" 1180 760 windowfocus "$window" mousemove 1179 759
sleep "$seconds"
import -window "$window" "$here/now-light.png"
xdotool key ctrl+2
sleep 3
import -window "$window" "$here/victims-light.png"
