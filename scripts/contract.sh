#!/usr/bin/env bash
# Did every test that docs/protocol.md names run, and pass? scripts/contract.sh FOLDER
#
# FOLDER holds what `cargo test` printed, one *.log for each step. That each name is the name of a test at all, and that each
# code of the protocol has one, is checked by `cargo test --test boundaries`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

results=${1:?usage: scripts/contract.sh FOLDER}

# The names of the tests that passed, without their modules: `test device::dev01_… ... ok`.
passed=$(sed -nE 's/^test ([A-Za-z0-9_]+::)*([a-z0-9_]+)( - should panic)? \.\.\. ok$/\2/p' "$results"/*.log | sort -u)

# The names in the last cell of each row that begins with a code and has tests.
mapped=$(awk -F ' [|] ' '/^[|] [A-Z][A-Z0-9-]+ [|]/ && $NF !~ /^(not yet|does not apply): / { n = split($NF, part, "`"); for (i = 2; i <= n; i += 2) print part[i] }' docs/protocol.md | sort -u)
[[ -n $mapped ]] || { echo "docs/protocol.md names no tests." >&2; exit 1; }

missing=() count=0
for name in $mapped; do
    count=$((count + 1))
    case $name in
    *…) grep --quiet "^${name%…}" <<<"$passed" || missing+=("$name") ;;
    *) grep --quiet --line-regexp --fixed-strings "$name" <<<"$passed" || missing+=("$name") ;;
    esac
done
if ((${#missing[@]} > 0)); then
    echo "docs/protocol.md names tests that did not run and pass:" >&2
    printf '  %s\n' "${missing[@]}" >&2
    exit 1
fi
echo "All $count tests that docs/protocol.md names ran and passed."
