#!/usr/bin/env bash
# Makes the packages: target/packages/*.deb and *.rpm, judged by lintian.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# tauri.conf.json names files below target/, and a package's files must be readable by everyone.
export CARGO_TARGET_DIR="$PWD/target"
umask 022

make --no-print-directory programs
chmod 755 target/release/doorward target/release/doorward-desktop

rm -rf target/packaging target/packages target/release/bundle
mkdir -p target/packaging/man target/packages
install -m 644 src-tauri/packaging/copyright target/packaging/
install -m 644 src-tauri/packaging/changelog THIRD-PARTY.md target/packaging/
# The manual and what shells complete come from the command itself.
target/release/doorward man target/packaging/man
install -m 644 src-tauri/packaging/doorward-desktop.1 target/packaging/man/
for shell in bash zsh fish; do target/release/doorward completions "$shell" >"target/packaging/doorward.$shell"; done
# -n leaves file names and times out, so that the same sources give the same bytes.
gzip -9n target/packaging/man/* target/packaging/{changelog,THIRD-PARTY.md}

npx --yes @tauri-apps/cli@2.12.5 bundle
cp target/release/bundle/deb/*.deb target/release/bundle/rpm/*.rpm target/packages/

for deb in target/packages/*.deb; do
    lintian --fail-on error,warning "$deb"
    rm -rf target/packaging/root
    dpkg-deb --extract "$deb" target/packaging/root
    desktop-file-validate target/packaging/root/usr/share/applications/*.desktop
done
for rpm in target/packages/*.rpm; do
    rpm --query --package --list "$rpm" | grep --line-regexp /usr/bin/doorward
done
ls -l target/packages
