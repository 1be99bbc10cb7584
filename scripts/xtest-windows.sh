#!/usr/bin/env bash
# `make xtest-windows`: runs the tests of the crates without windows on Wine, as programs for Windows. What is given is passed on to
# them, as in `make xtest-windows ARGS=peers`.
#
# Wine is not Windows: the tests say where it cannot do something, and that they did not look.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source-path=SCRIPTDIR source=cross.sh
. scripts/cross.sh windows

wine=/usr/lib/wine/wine64
need "$wine" wine64

export WINEPREFIX=$PWD/target/wine WINEARCH=win64 WINEDEBUG=-all WINEDLLOVERRIDES="mscoree=;mshtml="
system=$WINEPREFIX/drive_c/windows/system32
[[ -d $system ]] || "$wine" wineboot --init >/dev/null 2>&1
# Debian's Wine has no bcryptprimitives.dll, from which Rust's standard library takes random numbers.
if [[ ! -e $system/bcryptprimitives.dll ]]; then
    cat >"$cross_tools/bcryptprimitives.c" <<'END'
#include <windows.h>
BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG length);
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE buffer, SIZE_T length) { return SystemFunction036(buffer, (ULONG)length); }
END
    x86_64-w64-mingw32-gcc -O2 -shared -o "$system/bcryptprimitives.dll" "$cross_tools/bcryptprimitives.c" -ladvapi32
fi

# Where snapshots are: the test programs cannot ask cargo.
export INSTA_WORKSPACE_ROOT=$PWD INSTA_UPDATE=no
export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER=$wine
cross_cargo test --no-fail-fast -p doorward-oauth -p doorward-broker -p doorward-stdio -p doorward-clients --lib -- "$@"
