#!/usr/bin/env bash
# Writes THIRD-PARTY.md: the crates that are in the two programs, on any system they are built for.
# To be run whenever Cargo.lock changes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Normal dependencies only: what tests and build scripts use does not end up in a program.
# shellcheck disable=SC2016 # the backticks are Markdown inside Python
cargo metadata --format-version 1 --locked | python3 -c '
import json, sys

graph = json.load(sys.stdin)
packages = {package["id"]: package for package in graph["packages"]}
needs = {
    node["id"]: [dep["pkg"] for dep in node["deps"] if any(kind["kind"] is None for kind in dep["dep_kinds"])]
    for node in graph["resolve"]["nodes"]
}
open_ends = [id for id, package in packages.items() if package["name"] in ("doorward-desktop", "doorward-cli")]
found = set()
while open_ends:
    id = open_ends.pop()
    if id not in found:
        found.add(id)
        open_ends += needs[id]

print("# Third-party software\n")
print("Doorward contains these Rust crates, each under its own licence. Some are there only on other systems than yours.")
print("`rusqlite` brings SQLite, which is in the public domain. The pages bring Fluent for JavaScript (@fluent/bundle, Apache-2.0, <https://github.com/projectfluent/fluent.js>).")
print("Written by `scripts/notices.sh`: do not edit.\n")
print("| crate | version | licence | source |\n|---|---|---|---|")
for package in sorted((packages[id] for id in found), key=lambda p: (p["name"], [part.zfill(9) for part in p["version"].split(".")])):
    if package["source"]:
        name, version = package["name"], package["version"]
        licence = package["license"] or "see the source"
        source = package["repository"] or f"https://crates.io/crates/{name}"
        print(f"| {name} | {version} | {licence} | <{source}> |")
' >THIRD-PARTY.md.new
# Only now, so that a failure leaves the old list in place.
mv THIRD-PARTY.md.new THIRD-PARTY.md
