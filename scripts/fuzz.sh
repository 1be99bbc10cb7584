#!/usr/bin/env bash
# `make fuzz`: makes up input for every reader of what programs send, and checks laws on it.
#
#   scripts/fuzz.sh [TARGET…]   all targets when none is named
#
#   FUZZ_SECONDS  how long for each target (60)
#
# What reaches new code is kept in fuzz/corpus and tried first the next time. A finding ends the run with an error; the
# input that led to it lies in fuzz/artifacts.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# A folder of its own: everything in it is built with a sanitizer. Its switch is not stable yet; the compiler is.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}/fuzz" RUSTC_BOOTSTRAP=1
seconds=${FUZZ_SECONDS:-60}

command -v cargo-fuzz >/dev/null || env --unset=RUSTC_BOOTSTRAP cargo install --locked --target-dir "$CARGO_TARGET_DIR/tools" cargo-fuzz

targets=("$@")
((${#targets[@]} > 0)) || mapfile -t targets < <(cargo fuzz list)
cargo fuzz build

failed=()
for target in "${targets[@]}"; do
    printf '\n== %s, for %s s\n' "$target" "$seconds"
    mkdir -p "fuzz/corpus/$target"
    # One input may not take longer than a second, and what is sent is never longer than the largest body.
    cargo fuzz run "$target" "fuzz/corpus/$target" "fuzz/seeds/$target" -- \
        -max_total_time="$seconds" -max_len=65536 -timeout=1 -print_final_stats=1 -verbosity=0 || failed+=("$target")
done

if ((${#failed[@]} > 0)); then
    printf 'Something was found: %s. The input lies in fuzz/artifacts.\n' "${failed[*]}" >&2
    exit 1
fi
