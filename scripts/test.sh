#!/usr/bin/env bash
# `make test`: everything, the fastest first. Stops at the first failure and says how long each step took.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export CARGO_TARGET_DIR="$PWD/target"
# Where the tests find the programs to drive, and the packages to try.
export DOORWARD_BIN_DIR="$PWD/target/debug" DOORWARD_PACKAGE_DIR="$PWD/target/packages"

# What each step printed on its standard output, for the last one: tests that a document names must have run.
results=target/test-results
rm -rf "$results"
mkdir -p "$results"

times=() now='' programs=''
step() {
    now=$1
    shift
    local from=$SECONDS
    printf '\n== %s\n' "$now"
    "$@" | tee "$results/${now// /-}.log"
    times+=("$(printf '%5d s  %s' $((SECONDS - from)) "$now")")
    now=
}
summary() {
    [[ -z $programs ]] || kill -- "-$programs" 2>/dev/null || true
    printf '\n'
    printf '%s\n' "${times[@]}"
    [[ -z $now ]] || printf ' FAILED  %s\n' "$now"
    printf '%5d s  in all\n' "$SECONDS"
}
trap summary EXIT

# Every call names the same packages and features and only filters what runs. With `-p` cargo would choose the features
# of shared crates anew for each set of packages, and build a third of the tree twice.
workspace=(--workspace --features doorward-desktop/e2e)

# Tests of a crate that lie beside its sources rather than in them.
shopt -s nullglob
beside=()
for file in crates/*/tests/*.rs; do
    beside+=(--test "$(basename "$file" .rs)")
done

step "set up" scripts/setup.sh test
step "units" cargo test "${workspace[@]}" --lib --bins --test boundaries "${beside[@]}"
# --tests: with the tests' own dependencies counted in, as `cargo test` does, for the same reason.
step "build" cargo build "${workspace[@]}" --bins --tests
step "journeys" cargo test "${workspace[@]}" --test journeys
# What is packaged takes ten minutes to build, and the steps with windows wait most of their time: it is built from what they leave over
# of the processors. `package` waits for it, as both use one folder, and says what went wrong. In a group of its own, to end it as a whole.
setsid chrt --idle 0 make programs >target/programs.log 2>&1 &
programs=$!
# One at a time: there is one screen, and only one window has the focus. Who has it, a window manager says.
export HEADLESS_WM=1
step "window" scripts/headless.sh cargo test "${workspace[@]}" --test window -- --test-threads=1
# A screen that holds the largest picture, at two dots for each pixel.
HEADLESS_SCREEN=2200x2300 step "gallery" scripts/headless.sh cargo test "${workspace[@]}" --test gallery -- --test-threads=1
step "package" make package
step "packaged" scripts/headless.sh cargo test "${workspace[@]}" --test package -- --test-threads=1
step "contract" scripts/contract.sh "$results"
