#!/usr/bin/env bash
# build-server.sh PLATFORM [FEATURES]: the native server with the site of dist/ inside, tried, and
# packed into target/packages.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
platform=$1
features=${2:-}
if [ ! -f dist/index.html ]; then
  echo "dist/ has no site, and the program would have none: run cargo xtask build first." >&2
  exit 1
fi
cargo build --locked --release --package native-server ${features:+--features "$features"}
program="${CARGO_TARGET_DIR:-target}/release/native-server"
if [ -f "$program.exe" ]; then program="$program.exe"; fi
packaging/scripts/try-server.sh "$program"
cargo xtask package server "$program" --platform "$platform"
