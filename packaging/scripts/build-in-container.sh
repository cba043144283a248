#!/usr/bin/env bash
# build-in-container.sh [FEATURES]: the native server, in an image of Rust, or in one of CUDA's to
# which rustup is added. dist/ holds the site.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
features=${1:-}
if ! command -v cargo > /dev/null; then
  apt-get update
  apt-get install --yes --no-install-recommends ca-certificates curl gcc libc6-dev
  curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile minimal --default-toolchain none
  export PATH="$HOME/.cargo/bin:$PATH"
fi
cargo build --locked --release --package native-server ${features:+--features "$features"}
