#!/usr/bin/env bash
# Starts what was built: the desktop app where there is a screen, otherwise the broker on this terminal.
# scripts/run.sh [ARGS…]; the arguments are passed on. `make run` builds first.
set -euo pipefail
bin=${DOORWARD_BIN_DIR:-$(dirname "${BASH_SOURCE[0]}")/../target/release}

if [[ -n ${DISPLAY:-} || -n ${WAYLAND_DISPLAY:-} ]]; then
    exec "$bin/doorward-desktop" "$@"
fi

# Whether the keyring of this session can be used. One that is locked cannot: there is no screen to unlock it on.
keyring_open() {
    gdbus call --session --timeout 5 --dest org.freedesktop.secrets --object-path /org/freedesktop/secrets/aliases/default \
        --method org.freedesktop.DBus.Properties.Get org.freedesktop.Secret.Collection Locked 2>/dev/null | grep -q false
}

if keyring_open; then
    exec "$bin/doorward" serve --no-gui "$@"
fi

if [[ ! -t 0 ]]; then
    echo "Doorward needs an open keyring and there is none here: start it from a terminal, where it can ask for the passphrase." >&2
    exit 1
fi
for tool in dbus-daemon gnome-keyring-daemon gdbus setpriv; do
    command -v "$tool" >/dev/null || { echo "$tool is missing: scripts/setup.sh run" >&2; exit 1; }
done

# A session bus and a keyring for this run only. The keyring's file is the user's own, as on a desktop, and encrypted.
private=$(mktemp -d -t doorward-run.XXXXXX)
daemons=()
clean_up() {
    ((${#daemons[@]} == 0)) || kill "${daemons[@]}" 2>/dev/null || true
    rm -rf "$private"
}
trap clean_up EXIT

# Started in the background, they do not get the Ctrl-C that ends the broker: it can still use the keyring while it ends.
export DBUS_SESSION_BUS_ADDRESS="unix:path=$private/bus"
dbus-daemon --session --nofork --nosyslog --address="$DBUS_SESSION_BUS_ADDRESS" >"$private/bus.log" 2>&1 &
daemons=($!)
for ((i = 0; i < 100; i++)); do
    [[ -S $private/bus ]] && break
    sleep 0.05
done

ask_for() {
    read -rsp "$1: " passphrase
    echo
}

choose_passphrase() {
    local first
    echo "Doorward keeps its keys in a keyring, and there is none yet. Choose its passphrase: it is asked for at every start."
    while ask_for "New passphrase"; do
        first=$passphrase
        if [[ -z $first ]]; then
            echo "Without a passphrase the keys could be read from the file. Try again."
        elif ask_for "Once more" && [[ $passphrase == "$first" ]]; then
            return
        else
            echo "These two differ. Try again."
        fi
    done
    return 1
}

keyring=${XDG_DATA_HOME:-$HOME/.local/share}/keyrings/login.keyring
for attempt in 1 2 3; do
    if [[ -e $keyring ]]; then
        ask_for "Passphrase of the keyring"
    else
        choose_passphrase
    fi
    # By standard input: arguments can be read by every process. In its own folder, so that a keyring daemon that this
    # user may have elsewhere keeps its place.
    printf %s "$passphrase" |
        gnome-keyring-daemon --foreground --unlock --components=secrets --control-directory="$private" >"$private/keyring.log" 2>&1 &
    daemons[1]=$!
    unset passphrase
    # First wait for the name: asking for it would make the bus start a second, locked keyring.
    gdbus wait --session --timeout 10 org.freedesktop.secrets || { cat "$private/keyring.log" >&2; exit 1; }
    keyring_open && break
    kill "${daemons[1]}"
    wait "${daemons[1]}" || true
    echo "That did not open the keyring."
    ((attempt < 3)) || exit 1
done

# The broker asks on this terminal, so it keeps the input. Should this script be killed, the broker ends too.
setpriv --pdeathsig TERM "$bin/doorward" serve --no-gui "$@"
