#!/usr/bin/env bash
# `make xcheck-windows` and `make xcheck-macos`: type-checks every crate for another system, with its tests where they need no desktop.
# Nothing is linked: releases for other systems are built on them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source-path=SCRIPTDIR source=cross.sh
. scripts/cross.sh "${1:-}"

cross_cargo check -p doorward-oauth -p doorward-broker -p doorward-stdio -p doorward-clients -p doorward-cli \
    -p doorward-desktop --features doorward-desktop/custom-protocol
# As a special case, this profile checks the tests within the crates.
cross_cargo check --profile test --lib -p doorward-oauth -p doorward-broker -p doorward-stdio -p doorward-clients
