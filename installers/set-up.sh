# shellcheck shell=sh disable=SC2154
#
# Sourced by run.sh, test.sh and build.sh, with $root set: makes .venv what the lock says, once.  POSIX sh; talks on stderr only.
#
# .venv/set-up.run, .test and .package are stamps: the checkout's place, the interpreter and the lock as they were when
# a set-up was completed.  A stamp that differs means work to do; none at all means that an earlier set-up was cut short.

say() {
    printf '%s\n' "oom-guardian: $*" >&2
}

fail() {
    say "$@"
    exit 1
}

stamp_of() {
    printf '%s\n' "$root"
    readlink -f -- "$root/.venv/bin/python"
    cat -- "$root/requirements/$1.txt"
}

has_stamp() {
    [ -r "$root/.venv/set-up.$1" ] && stamp_of "$1" | cmp -s - "$root/.venv/set-up.$1"
}

is_set_up() {
    [ -x "$root/.venv/bin/python" ] || return 1
    # What an ordinary user could not install, root can.
    if [ -e "$root/.venv/missing-packages.$1" ] && [ "$(id -u)" -eq 0 ]; then return 1; fi
    has_stamp "$1"
}

# --- system packages: each with the file that shows it is there ------------------------------------------------------

# library, Debian package: what Qt's platforms load and its wheel does not bring
qt_libraries='
libEGL.so.1 libegl1
libGL.so.1 libgl1
libfontconfig.so.1 libfontconfig1
libglib-2.0.so.0 libglib2.0-0
libdbus-1.so.3 libdbus-1-3
libxkbcommon.so.0 libxkbcommon0
libX11.so.6 libx11-6
libX11-xcb.so.1 libx11-xcb1
libxkbcommon-x11.so.0 libxkbcommon-x11-0
libfreetype.so.6 libfreetype6
libbrotlidec.so.1 libbrotli1
libgssapi_krb5.so.2 libgssapi-krb5-2
libz.so.1 zlib1g
libzstd.so.1 libzstd1
libwayland-client.so.0 libwayland-client0
libwayland-cursor.so.0 libwayland-cursor0
libwayland-egl.so.1 libwayland-egl1
libxcb.so.1 libxcb1
libxcb-cursor.so.0 libxcb-cursor0
libxcb-glx.so.0 libxcb-glx0
libxcb-icccm.so.4 libxcb-icccm4
libxcb-image.so.0 libxcb-image0
libxcb-keysyms.so.1 libxcb-keysyms1
libxcb-randr.so.0 libxcb-randr0
libxcb-render.so.0 libxcb-render0
libxcb-render-util.so.0 libxcb-render-util0
libxcb-shape.so.0 libxcb-shape0
libxcb-shm.so.0 libxcb-shm0
libxcb-sync.so.1 libxcb-sync1
libxcb-util.so.1 libxcb-util1
libxcb-xfixes.so.0 libxcb-xfixes0
libxcb-xkb.so.1 libxcb-xkb1
'

# program, Debian package: what tests drive; a test whose program is absent is skipped and says so
test_programs='
Xvfb xvfb
xauth xauth
xdotool xdotool
dbus-daemon dbus
gdbus libglib2.0-bin
gnome-keyring-daemon gnome-keyring
/usr/lib/polkit-1/polkit-agent-helper-1 polkitd
gcc gcc
desktop-file-validate desktop-file-utils
appstreamcli appstream
shellcheck shellcheck
prometheus prometheus
prometheus-alertmanager prometheus-alertmanager
openssl openssl
locale-gen locales
man man-db
'

missing_packages() {
    # Debian packages that are not there, for "run" or "test"; building a package takes none.
    [ "$1" != package ] || return 0
    present=$(/sbin/ldconfig -p 2>/dev/null) || present=
    printf '%s' "$qt_libraries" | while read -r library package; do
        case "$library $present" in
            " "*) ;;
            *"	$library ("*) ;;
            *) printf '%s ' "$package" ;;
        esac
    done
    fonts=$(find /usr/share/fonts -name '*.[to]tf' 2>/dev/null | head -n 1)
    [ -n "$fonts" ] || printf '%s ' fonts-dejavu-core
    [ "$1" = test ] || return 0
    printf '%s' "$test_programs" | while read -r program package; do
        [ -z "$program" ] || command -v "$program" >/dev/null 2>&1 || printf '%s ' "$package"
    done
    # The compiler without the C library's headers builds nothing.
    [ -e /usr/include/stdio.h ] || printf '%s ' libc6-dev
}

apt_install() {
    # $@: packages.  The index is fetched only where the one at hand does not do.
    set -- -y -q --no-install-recommends -o DPkg::Lock::Timeout=300 "$@"
    DEBIAN_FRONTEND=noninteractive apt-get install "$@" </dev/null >&2 && return 0
    apt-get update -q </dev/null >&2 || say "apt-get update failed; trying with the index at hand."
    DEBIAN_FRONTEND=noninteractive apt-get install "$@" </dev/null >&2
}

apt_install_quietly() {
    # $@: packages.  Tests start what they need themselves: no service of theirs starts, neither now nor with the machine.
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        trap 'rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
    fi
    apt_install "$@" || return 1
    for package in "$@"; do
        case $package in
            prometheus | prometheus-alertmanager) ! command -v systemctl >/dev/null || systemctl disable -q "$package" >&2 || true ;;
        esac
    done
}

install_system_packages() {
    # $1: run, test or package.  Root gets them installed; a user is told the line and goes on with what works.
    missing=$(missing_packages "$1")
    rm -f "$root/.venv/missing-packages.$1"
    [ -n "$missing" ] || return 0
    if ! command -v apt-get >/dev/null 2>&1; then
        say "this system lacks what Debian calls: ${missing% }. Install that with its own package tool, for the window and all tests."
    elif [ "$(id -u)" -ne 0 ]; then
        say "some system packages are missing; until they are there the window or some tests may not start. Install them with:"
        say "    sudo apt-get install -y --no-install-recommends ${missing% }"
        printf '%s\n' "$missing" >"$root/.venv/missing-packages.$1"
    else
        say "installing system packages: ${missing% }"
        # shellcheck disable=SC2086  # a list of package names
        apt_install_quietly $missing ||
            say "apt-get could not install them (its message is above); going on without. The window or some tests may not start."
    fi
}

# --- Python ----------------------------------------------------------------------------------------------------------

can_make_venv() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && "$1" -c 'import ensurepip, venv' 2>/dev/null
}

find_python() {
    # The system's own first: every user may execute it, which does not hold for one below somebody's home.
    for python in /usr/bin/python3 /usr/local/bin/python3 python3 python3.14 python3.13 python3.12 python3.11; do
        python=$(command -v "$python" 2>/dev/null) || continue
        if can_make_venv "$python"; then
            printf '%s\n' "$python"
            return 0
        fi
    done
    return 1
}

python_or_fail() {
    find_python && return 0
    if ! command -v apt-get >/dev/null 2>&1; then
        fail "no Python 3.11 or newer with its venv module was found. Install it with this system's package tool, then start again."
    elif [ "$(id -u)" -eq 0 ]; then
        say "installing system packages: python3 python3-venv"
        apt_install python3 python3-venv || say "apt-get could not install them (its message is above)."
        find_python && return 0
        fail "no Python 3.11 or newer with its venv module was found, and apt-get did not bring one. Debian 12 or newer has it."
    fi
    say "no Python 3.11 or newer with its venv module was found. Install it, then start again:"
    fail "    sudo apt-get install -y --no-install-recommends python3 python3-venv"
}

make_venv() {
    [ -w "$root" ] || fail "$root is not writable by $(id -un), so nothing can be set up in it. Use a clone of your own."
    if [ -e "$root/.venv" ]; then
        say "an earlier set-up was cut short or belongs to another place; starting it again."
        rm -rf -- "$root/.venv" || fail "$root/.venv could not be removed. Remove it as its owner, then start again."
    fi
    python=$(python_or_fail) || exit 1
    say "setting up $root/.venv with $python; this takes about a minute, once."
    "$python" -m venv "$root/.venv" >&2 || fail "$python could not make $root/.venv (its message is above)."
}

is_ours() {
    # Was this .venv completed once, here, with the interpreter that it still has?
    for part in run test package; do
        stamp=$root/.venv/set-up.$part
        [ -r "$stamp" ] && [ "$(head -n 2 "$stamp")" = "$(stamp_of run | head -n 2)" ] && return 0
    done
    return 1
}

install_locked() {
    # $1: run, test or package
    say "installing the locked libraries of requirements/$1.txt"
    "$root/.venv/bin/python" -m pip install --quiet --no-input --disable-pip-version-check --require-hashes --no-deps \
        --only-binary :all: -r "$root/requirements/$1.txt" </dev/null >&2 ||
        fail "the libraries could not be installed (pip's message is above). Check the network, then start again."
    # The checkout itself: a path file instead of an install, so that a start builds nothing.
    site=$("$root/.venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    printf '%s\n' "$root" >"$site/oom-guardian.pth"
    # Once here rather than at each start: where the environment forbids writing bytecode, the agent would compile in its own memory.
    "$root/.venv/bin/python" -m compileall -q -j 0 "$root/guardian" >&2 || say "guardian could not be compiled; it starts slower."
}

write_stamp() {
    stamp_of "$1" >"$root/.venv/set-up.$1.new"
    mv -f "$root/.venv/set-up.$1.new" "$root/.venv/set-up.$1"
}

complete_set_up() {
    # $1: run, test or package
    umask 022
    # Locked on a file that is always there: concurrent starts wait for the first, and nothing is left behind.
    exec 9<"$root/requirements/run.txt"
    if command -v flock >/dev/null 2>&1 && ! flock -n 9; then
        say "another start is setting up; waiting for it."
        flock 9
    fi
    if is_set_up "$1"; then return 0; fi
    is_ours || make_venv
    if ! has_stamp "$1"; then
        rm -f "$root"/.venv/set-up.*
        install_locked "$1"
    fi
    install_system_packages "$1"
    # The other locks hold all of that of `run`; building takes its libraries without the system's.
    [ "$1" = package ] || write_stamp run
    write_stamp "$1"
    say "set up."
}

set_up() {
    # $1: run, test or package.  Leaves at once where all is done; else in a subshell, whose umask and lock end with it.
    if ! is_set_up "$1"; then
        (complete_set_up "$1")
    fi
}
