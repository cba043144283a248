#!/usr/bin/env bash
# check-version.sh TAG: whether the tag is that of the version in Cargo.toml and CHANGELOG.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
tag=$1
version=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml)
if [ "$tag" != "v$version" ]; then
  echo "The tag is $tag, and Cargo.toml has version $version: the tag would be v$version." >&2
  exit 1
fi
if ! grep -q "^## $version " CHANGELOG.md; then
  echo "CHANGELOG.md has no section \"## $version (date)\": rename \"Unreleased\"." >&2
  exit 1
fi
if ! grep -q "^version: $version\$" CITATION.cff; then
  echo "CITATION.cff has another version than $version." >&2
  exit 1
fi
