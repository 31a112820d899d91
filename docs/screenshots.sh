#!/bin/sh
# Takes the pictures of the documents, of the real window on a screen of its own: docs/screenshots.sh [SECONDS]
# SECONDS (default 90) is how long it measures before the first picture, so that the charts show something.
# A plan, a fire drill and a small program that grows give the pages something to show; all of it ends with the script.
# Needs (Debian): xvfb xdotool imagemagick dbus-daemon; with prometheus too, page Fleet has twenty simulated machines to show.
set -eu
here=$(dirname -- "$(readlink -f -- "$0")")
seconds=${1:-90}
guardian=$here/../installers/run.sh

if [ -z "${SCREENSHOTS_INSIDE:-}" ]; then
    for program in Xvfb xdotool import dbus-run-session; do
        command -v "$program" >/dev/null || {
            echo "$program is missing. Install: xvfb xdotool imagemagick dbus-daemon" >&2
            exit 1
        }
    done
    home=$(mktemp -d)
    trap 'rm -rf -- "$home"' EXIT
    unset WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS QT_QPA_PLATFORM LANGUAGE
    # Before the bus, so that what it starts finds the same empty home.
    export SCREENSHOTS_INSIDE=1 HOME="$home" XDG_RUNTIME_DIR="$home" XDG_CONFIG_HOME="$home/config" XDG_STATE_HOME="$home/state" \
        XDG_DATA_HOME="$home/data"
    dbus-run-session -- "$0" "$seconds"
    exit
fi

exec 3>"$HOME/display"
Xvfb -displayfd 3 -screen 0 1180x760x24 -nolisten tcp 2>/dev/null &
screen=$!
agent=
window=
sleeper=
programs=
fleet=
trap 'kill $window $agent $sleeper $programs $fleet $screen 2>/dev/null || true' EXIT
until [ -s "$HOME/display" ]; do sleep 0.1; done
DISPLAY=:$(cat "$HOME/display")
export DISPLAY LC_ALL=C.UTF-8
mkdir -p "$here/pictures"

open_window() {
    # $1: language, $2: light or dark
    "$guardian" config set "desktop.language=$1" >/dev/null
    "$guardian" config set "desktop.appearance=$2" >/dev/null
    "$guardian" config set desktop.introduction=false >/dev/null
    "$guardian" &
    window=$!
    id=$(timeout 60 xdotool search --sync --onlyvisible --pid "$window" | head -n 1)
    xdotool windowmove "$id" 0 0 windowsize "$id" 1180 760 windowfocus "$id" mousemove 1179 759
    sleep "$3"
}

shoot() {
    # $1: key that opens the page, $2: name of the picture
    xdotool key --window "$id" "$1"
    sleep 4
    import -window "$id" "$here/pictures/$2.png"
    mogrify -strip -colors 256 "$here/pictures/$2.png"
}

close_window() {
    kill "$window"
    wait "$window" || true
}

# An agent of our own, which ends with us; the window would start one that outlives it.
"$guardian" agent &
agent=$!
sleep "$seconds" &
sleeper=$!
# Programs of the script's own, so that nobody else's are touched.
for name in compiler browser; do cp "$(readlink -f "$(command -v sleep)")" "$HOME/$name"; done
for name in compiler compiler compiler browser; do "$HOME/$name" 600 & programs="$programs $!"; done
"$guardian" pin --exe "$HOME/compiler" --adj 300 --persist >/dev/null || true
"$guardian" config set desktop.welcome_seen=true >/dev/null 2>&1 || true
"$guardian" drill >/dev/null 2>&1 || true

if command -v prometheus >/dev/null && command -v promtool >/dev/null; then
    (cd "$here/.." && exec .venv/bin/python -m tests.simulated_fleet "$HOME/fleet") >"$HOME/fleet-url" &
    fleet=$!
    while [ ! -s "$HOME/fleet-url" ] && kill -0 "$fleet"; do sleep 0.1; done
    "$guardian" config set "fleet.server=$(cat "$HOME/fleet-url")" >/dev/null
fi

open_window en light "$seconds"
shoot ctrl+1 now-light
shoot ctrl+2 victims-light
shoot ctrl+3 protection-light
shoot ctrl+4 history-light
shoot ctrl+5 system-light
shoot ctrl+6 fleet-light
shoot ctrl+comma settings-light
close_window
open_window en dark 20
shoot ctrl+1 now-dark
close_window
open_window zh_CN light 40
shoot ctrl+1 now-light-zh
close_window
