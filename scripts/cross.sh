#!/usr/bin/env bash
# For the scripts that build for Windows and macOS on Debian 12: sourced, with the system in $1 (windows or macos). Gets the compilers,
# unless they are there, and defines cross_cargo.
#
# The standard library for other systems is built from source, which the compiler of Debian's package rustc-web can do.
# It is unpacked beside the build and not installed, so that the Rust of this computer stays as it is. C for SQLite is
# compiled by MinGW (Windows) and Zig (macOS).

cross_tools=$PWD/target/cross-tools
mkdir -p "$cross_tools/debs" "$cross_tools/bin"

# need COMMAND PACKAGE...: says what to install when a command is not there.
need() {
    local command=$1
    shift
    if ! command -v "$command" >/dev/null; then
        echo "Needed first: apt-get install --no-install-recommends $*" >&2
        exit 1
    fi
}

if [[ ! -e $cross_tools/tree/usr/bin/rustc ]]; then
    need apt-get apt
    packages=(rustc-web cargo-web rust-web-src libstd-rust-web-dev libgit2-1.5 libssh2-1 libmbedcrypto7 libmbedtls14 libmbedx509-1 libhttp-parser2.9)
    # The libraries of the compiler's own version are named by its packages: some by the one, some by the other.
    of_version() { apt-cache depends "$@" | sed -n 's/^ *Depends: \(libstd-rust-web-[0-9.]*\|libllvm[0-9]*\)$/\1/p'; }
    mapfile -t std < <(of_version rustc-web libstd-rust-web-dev | sort -u)
    mapfile -t more < <({ printf '%s\n' "${std[@]}"; of_version "${std[@]}"; } | sort -u)
    (cd "$cross_tools/debs" && apt-get download "${packages[@]}" "${more[@]}")
    for package in "$cross_tools"/debs/*.deb; do
        dpkg-deb --extract "$package" "$cross_tools/tree.new"
    done
    mv "$cross_tools/tree.new" "$cross_tools/tree"
fi

case $1 in
    windows)
        cross_target=x86_64-pc-windows-gnu
        need x86_64-w64-mingw32-gcc gcc-mingw-w64-x86-64 binutils-mingw-w64-x86-64
        ;;
    macos)
        cross_target=aarch64-apple-darwin
        if [[ ! -x $cross_tools/zig/ziglang/zig ]]; then
            need python3 python3-pip
            python3 -m pip --version >/dev/null 2>&1 || need pip python3-pip
            python3 -m pip install --quiet --target "$cross_tools/zig" ziglang
        fi
        # Drops the flags that cc passes to Apple's compiler and Zig does not know. Objective-C needs Apple's headers, which are not
        # here: since nothing is linked, an empty object takes its place.
        : >"$cross_tools/bin/empty.c"
        cat >"$cross_tools/bin/macos-cc" <<'END'
#!/usr/bin/env bash
kept=() skip= into= objective=
for argument in "$@"; do
    [[ $into != next ]] || into=$argument
    case $argument in
    -o) into=next ;;&
    *.m) objective=1 ;;&
    --target=* | -arch=* | -mmacosx-version-min=*) ;;
    -arch | -isysroot) skip=1 ;;
    *) [[ -n $skip ]] || kept+=("$argument"); skip= ;;
    esac
done
zig=$(dirname "$0")/../zig/ziglang/zig
[[ -z $objective ]] || exec "$zig" cc -target aarch64-macos -c "$(dirname "$0")/empty.c" -o "$into"
exec "$zig" cc -target aarch64-macos "${kept[@]}"
END
        # shellcheck disable=SC2016 # expanded by the script that is written
        printf '#!/usr/bin/env bash\nexec "$(dirname "$0")/../zig/ziglang/zig" ar "$@"\n' >"$cross_tools/bin/macos-ar"
        chmod +x "$cross_tools/bin/macos-cc" "$cross_tools/bin/macos-ar"
        export CC_aarch64_apple_darwin=$cross_tools/bin/macos-cc AR_aarch64_apple_darwin=$cross_tools/bin/macos-ar
        export ZIG_GLOBAL_CACHE_DIR=$cross_tools/zig-cache
        ;;
    *)
        echo "usage: $0 windows|macos" >&2
        exit 2
        ;;
esac

# cross_cargo COMMAND ARGUMENT...: cargo of that compiler, for that system.
cross_cargo() {
    local root=$cross_tools/tree/usr
    env LD_LIBRARY_PATH="$root/lib/x86_64-linux-gnu:$root/lib" RUSTC="$root/bin/rustc" RUSTDOC="$root/bin/rustdoc" RUSTC_BOOTSTRAP=1 \
        CARGO_TARGET_DIR="$PWD/target/cross" "$root/bin/cargo" "$1" --locked --target "$cross_target" -Z build-std "${@:2}"
}
