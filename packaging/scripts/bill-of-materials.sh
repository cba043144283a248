#!/usr/bin/env bash
# bill-of-materials.sh: what the native server and the site are made of, as CycloneDX, into
# target/packages.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
if ! cargo cyclonedx --version > /dev/null 2>&1; then
  cargo install --locked cargo-cyclonedx --version 0.5.9
fi
mkdir -p target/packages
version=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml)
for part in native-server worker app; do
  cargo cyclonedx --format json --spec-version 1.5 --manifest-path "$part/Cargo.toml" --override-filename bill
  mv "$part/bill.json" "target/packages/next-token-visualizer-$version-$part.cdx.json"
done
# It writes one for every member of the workspace.
find . -name bill.json -not -path './target/*' -delete
