#!/usr/bin/env bash
# `make crosscheck`: type-checks every crate for macOS and Windows, from Debian 12.
#
# The standard library for other systems is built from source, which the compiler of Debian's package rustc-web can do.
# It is unpacked beside the build and not installed, so that the Rust of this computer stays as it is. C for SQLite is
# compiled by MinGW (Windows) and Zig (macOS). Nothing is linked: releases for other systems are built on them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tools=$PWD/target/cross-tools
mkdir -p "$tools/debs" "$tools/bin"

if ! command -v x86_64-w64-mingw32-gcc >/dev/null || ! python3 -m pip --version >/dev/null 2>&1; then
    echo "Needed first: apt-get install --no-install-recommends gcc-mingw-w64-x86-64 binutils-mingw-w64-x86-64 python3-pip" >&2
    exit 1
fi

if [[ ! -e $tools/tree/usr/bin/rustc ]]; then
    packages=(rustc-web cargo-web rust-web-src libstd-rust-web-dev libgit2-1.5 libssh2-1 libmbedcrypto7 libmbedtls14 libmbedx509-1 libhttp-parser2.9)
    # What the compiler's own version needs is named by its package.
    mapfile -t more < <(apt-cache depends rustc-web | sed -n 's/^ *Depends: \(libstd-rust-web-[0-9.]*\|libllvm[0-9]*\)$/\1/p')
    (cd "$tools/debs" && apt-get download "${packages[@]}" "${more[@]}")
    for package in "$tools"/debs/*.deb; do
        dpkg-deb --extract "$package" "$tools/tree.new"
    done
    mv "$tools/tree.new" "$tools/tree"
fi

[[ -x $tools/zig/ziglang/zig ]] || python3 -m pip install --quiet --target "$tools/zig" ziglang

# The flags that cc passes to Apple's compiler and Zig does not know.
cat >"$tools/bin/macos-cc" <<'EOF'
#!/usr/bin/env bash
kept=() skip=
for argument in "$@"; do
    case $argument in
    --target=* | -arch=* | -mmacosx-version-min=*) ;;
    -arch | -isysroot) skip=1 ;;
    *) [[ -n $skip ]] || kept+=("$argument"); skip= ;;
    esac
done
exec "$(dirname "$0")/../zig/ziglang/zig" cc -target aarch64-macos "${kept[@]}"
EOF
# shellcheck disable=SC2016 # expanded by the script that is written
printf '#!/usr/bin/env bash\nexec "$(dirname "$0")/../zig/ziglang/zig" ar "$@"\n' >"$tools/bin/macos-ar"
chmod +x "$tools"/bin/*

root=$tools/tree/usr
export LD_LIBRARY_PATH=$root/lib/x86_64-linux-gnu:$root/lib RUSTC=$root/bin/rustc RUSTC_BOOTSTRAP=1
export CARGO_TARGET_DIR=$PWD/target/cross ZIG_GLOBAL_CACHE_DIR=$tools/zig-cache
export CC_aarch64_apple_darwin=$tools/bin/macos-cc AR_aarch64_apple_darwin=$tools/bin/macos-ar

for target in x86_64-pc-windows-gnu aarch64-apple-darwin; do
    echo "== $target"
    "$root/bin/cargo" check --locked --target "$target" -Z build-std \
        -p doorward-oauth -p doorward-broker -p doorward-stdio -p doorward-cli -p doorward-desktop --features doorward-desktop/custom-protocol
done
