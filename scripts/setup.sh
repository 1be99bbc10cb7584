#!/usr/bin/env bash
# Gets this computer ready: scripts/setup.sh [run|test|soak|interop|walkthrough|xcheck|xtest]
#
#   run      what building and running Doorward needs (the default)
#   test     that, and what `make test`, `make check` and `make package` need
#   soak     that, and the browser of `make soak`
#   interop  what test installs, and the clients of `make interop`
#   walkthrough  what test installs, Claude Code with the rest of them, a browser and a terminal
#   xcheck   what run installs, and C compilers for other systems
#   xtest    that, and Wine
#
# Says which Debian packages are missing and asks before it uses root. Quick when nothing is missing. On systems that
# are not Debian's relatives it prints the list and goes on.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

what=${1:-run}
case $what in
    run | test | soak | interop | walkthrough | xcheck | xtest) ;;
    *) echo "usage: scripts/setup.sh [run|test|soak|interop|walkthrough|xcheck|xtest]" >&2; exit 2 ;;
esac

packages=(
    build-essential pkg-config file curl
    libwebkit2gtk-4.1-dev libayatana-appindicator3-dev librsvg2-dev # the windows and the tray
    gnome-keyring dbus                                              # where the secrets are, also without a screen
)
if [[ $what == test || $what == soak || $what == interop || $what == walkthrough ]]; then
    packages+=(
        xvfb dbus-x11 openbox x11-utils x11-xserver-utils fonts-dejavu-core                         # a screen for tests
        webkit2gtk-driver xdotool wmctrl at-spi2-core gir1.2-atspi-2.0 python3-gi libglib2.0-bin # fingers and eyes
        imagemagick libsecret-tools util-linux
        lintian rpm fakeroot desktop-file-utils                                                  # making and judging packages
        shellcheck
    )
    # Node.js comes from many places; any will do.
    command -v node >/dev/null && command -v npx >/dev/null || packages+=(nodejs npm)
fi
[[ $what != soak ]] || packages+=(chromium python3-requests)
[[ $what != interop ]] || packages+=(python3-venv)
[[ $what != walkthrough ]] || packages+=(chromium xterm)
[[ $what != x* ]] || packages+=(gcc-mingw-w64-x86-64 binutils-mingw-w64-x86-64 python3-pip)
[[ $what != xtest ]] || packages+=(wine64)

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    echo "This is no Debian or Ubuntu. Doorward needs what these packages hold there:"
    printf '  %s\n' "${packages[*]}"
else
    # dpkg-query fails when it does not know a package at all: that is an answer, not an error.
    installed=$(dpkg-query --show --showformat '${db:Status-Status} ${Package}\n' "${packages[@]}" 2>/dev/null || true)
    missing=()
    for package in "${packages[@]}"; do
        grep --quiet --line-regexp --fixed-strings "installed $package" <<<"$installed" || missing+=("$package")
    done

    if ((${#missing[@]} > 0)); then
        echo "Missing packages: ${missing[*]}"
        install=(apt-get install --yes --no-install-recommends "${missing[@]}")
        as_root=(env DEBIAN_FRONTEND=noninteractive)
        if ((EUID == 0)); then
            answer=y
        elif ! command -v sudo >/dev/null; then
            echo "There is no sudo here. As root: ${install[*]}" >&2
            exit 1
        elif [[ ${CI:-} == true ]]; then
            as_root=(sudo --non-interactive "${as_root[@]}")
            answer=y
        elif [[ -t 0 ]]; then
            as_root=(sudo "${as_root[@]}")
            read -rp "Install them with sudo? [y/N] " answer
        else
            echo "There is no terminal to ask on. Run this first: sudo ${install[*]}" >&2
            exit 1
        fi
        if [[ $answer == [yY]* ]]; then
            # Old package lists name files that are gone. A list that cannot be fetched need not be the one that is needed.
            "${as_root[@]}" apt-get update || echo "Some package lists could not be fetched; trying all the same." >&2
            "${as_root[@]}" "${install[@]}"
        else
            echo "Going on without them."
        fi
    fi
fi

if ! command -v cargo >/dev/null; then
    echo "Rust is missing. Get it from https://rustup.rs and open a new terminal:" >&2
    echo "  curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh" >&2
    exit 1
fi

# Follows the lock file in a folder, unless that was done.
follow() {
    # npm writes this file last, so it tells when the lock file was last followed.
    local lock=$1/package-lock.json followed=$1/node_modules/.package-lock.json
    if [[ ! -e $followed || $followed -ot $lock ]]; then
        npm ci --prefix "$1" --no-audit --no-fund
    fi
}
[[ $what == run || $what == x* ]] || follow tests/clients
[[ $what != interop && $what != walkthrough ]] || follow tests/interop
if [[ $what == interop ]]; then
    venv=target/interop-venv wanted=tests/interop/requirements.txt
    if ! cmp --silent "$wanted" "$venv/installed.txt"; then
        python3 -m venv --clear "$venv"
        "$venv/bin/pip" install --quiet --requirement "$wanted"
        cp "$wanted" "$venv/installed.txt"
    fi
fi
