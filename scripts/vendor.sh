#!/usr/bin/env bash
# Is ui/vendor what its makers published? Fetches it from npm and compares. With --update it takes what was fetched.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

version=0.19.1
fetched=$(mktemp -d)
trap 'rm -rf "$fetched"' EXIT
(cd "$fetched" && npm pack --silent "@fluent/bundle@$version" >/dev/null && tar -xzf fluent-bundle-"$version".tgz)
rm "$fetched/package/esm/package.json"
if [[ ${1:-} == --update ]]; then
    rm -rf ui/vendor/fluent
    cp -r "$fetched/package/esm" ui/vendor/fluent
fi
diff --recursive "$fetched/package/esm" ui/vendor/fluent
echo "ui/vendor/fluent is @fluent/bundle $version, as published."
