#!/usr/bin/env bash
# Runs a command where there is no screen: scripts/headless.sh CMD [ARGS…]
#
# The command gets a screen of its own (Xvfb), a session bus, an unlocked keyring and an empty home folder. Its exit
# code is passed on. Everything that was started for it is ended afterwards, and the folder is removed.
#
#   HEADLESS_WM=1       starts a window manager too: decorations, focus, closing a window from outside
#   HEADLESS_KEYRING=0  leaves the keyring away: what happens on a computer that has none
#   HEADLESS_SCREEN=WxH another size than 1280x800
#
# Functions are called by `wait_for` and by traps, which shellcheck does not follow:
# shellcheck disable=SC2317,SC2329
set -euo pipefail
(($# > 0)) || { echo "usage: scripts/headless.sh CMD [ARGS…]" >&2; exit 2; }

home=$(mktemp -d -t doorward-headless.XXXXXX)

# wait_for SECONDS COMMAND…: repeats the command until it succeeds. Every wait in this file has an end.
wait_for() {
    local tries=$(($1 * 20))
    shift
    while ! "$@" >/dev/null 2>&1; do
        ((tries-- > 0)) || return 1
        sleep 0.05
    done
}

give_up() {
    echo "headless: $1" >&2
    cat "$2" >&2
    exit 1
}

# What the bus starts (accessibility, settings), and helpers of the web view, are nobody's child in the end. They have
# this mark in their environment, and nothing else on this computer has.
mark="DOORWARD_HEADLESS=$home"
started() { grep --files-with-matches --no-messages --null-data --line-regexp --fixed-strings "$mark" /proc/[0-9]*/environ | cut -d/ -f3; }
none_started() { [[ -z $(started) ]]; }
end_started() { started | xargs --no-run-if-empty kill "-$1" 2>/dev/null || true; }

clean_up() {
    trap '' INT TERM HUP
    end_started TERM
    wait_for 3 none_started || end_started KILL
    wait_for 2 none_started || echo "headless: still running: $(started | tr '\n' ' ')" >&2
    # A browser that was killed may have had a last file in its hand.
    wait_for 3 rm -rf "$home"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

# Rust finds its tools below HOME unless told where they are.
export CARGO_HOME="${CARGO_HOME:-$HOME/.cargo}" RUSTUP_HOME="${RUSTUP_HOME:-$HOME/.rustup}"
export HOME="$home" XDG_CONFIG_HOME="$home/.config" XDG_DATA_HOME="$home/.local/share" XDG_STATE_HOME="$home/.local/state" \
    XDG_CACHE_HOME="$home/.cache" XDG_RUNTIME_DIR="$home/run"
mkdir -p "$XDG_CONFIG_HOME" "$XDG_DATA_HOME" "$XDG_STATE_HOME" "$XDG_CACHE_HOME"
mkdir -m 700 "$XDG_RUNTIME_DIR"
unset WAYLAND_DISPLAY DISPLAY
# Without a graphics card WebKit's DMA-BUF renderer only costs time.
export GDK_BACKEND=x11 WEBKIT_DISABLE_DMABUF_RENDERER=1

# -displayfd picks a free screen and says which, once it can be used. -noreset: the screen outlives its last window.
env "$mark" Xvfb -displayfd 3 -screen 0 "${HEADLESS_SCREEN:-1280x800}x24" -nolisten tcp -noreset 3>"$home/display" >"$home/xvfb.log" 2>&1 &
wait_for 15 grep -q . "$home/display" || give_up "no screen" "$home/xvfb.log"
DISPLAY=":$(<"$home/display")"
export DISPLAY

# Not dbus-run-session: it writes into the command's output, and ends without waiting for its bus.
export DBUS_SESSION_BUS_ADDRESS="unix:path=$XDG_RUNTIME_DIR/bus"
env "$mark" dbus-daemon --session --nofork --nosyslog --address="$DBUS_SESSION_BUS_ADDRESS" >"$home/bus.log" 2>&1 &
wait_for 10 test -S "$XDG_RUNTIME_DIR/bus" || give_up "no session bus" "$home/bus.log"

if [[ ${HEADLESS_KEYRING:-1} == 1 ]]; then
    # The passphrase protects nothing: the keyring lives as long as the command.
    printf test | env "$mark" gnome-keyring-daemon --foreground --unlock --components=secrets >"$home/keyring.log" 2>&1 &
    keyring_unlocked() {
        gdbus call --session --timeout 5 --dest org.freedesktop.secrets --object-path /org/freedesktop/secrets/aliases/default \
            --method org.freedesktop.DBus.Properties.Get org.freedesktop.Secret.Collection Locked | grep -q false
    }
    # First wait for the name: asking for it would make the bus start a second, locked keyring.
    if ! gdbus wait --session --timeout 10 org.freedesktop.secrets || ! wait_for 10 keyring_unlocked; then
        give_up "no unlocked keyring" "$home/keyring.log"
    fi
fi

if [[ ${HEADLESS_WM:-0} == 1 ]]; then
    env "$mark" openbox --sm-disable >"$home/openbox.log" 2>&1 &
    window_manager() { xprop -root _NET_SUPPORTING_WM_CHECK | grep -q 'window id'; }
    wait_for 10 window_manager || give_up "no window manager" "$home/openbox.log"
fi

# In the background, because bash reacts to signals only between commands and in `wait`; with what a command in the
# foreground has: the input, and Ctrl-C.
env --default-signal=INT,QUIT "$mark" "$@" <&0 &
code=0
wait $! || code=$?
exit "$code"
