#!/usr/bin/env bash
# try-server.sh PROGRAM: whether a packed server works by itself, in an empty folder: it is soon
# healthy, has the page and its WebAssembly, and answers a question with the demo model.
set -euo pipefail
program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
folder=$(mktemp -d)
cd "$folder"
"$program" --port 0 2> log &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
address=
for _ in $(seq 100); do
  address=$(sed -n 's/.*Open \(http[^ ]*\) .*/\1/p' log)
  if [ -n "$address" ] && curl -fsS "$address/healthz" > /dev/null 2>&1; then break; fi
  sleep 0.1
done
curl -fsS "$address/healthz" > /dev/null || { cat log >&2; exit 1; }
page=$(curl -fsS "$address/")
script=$(grep -o 'app-[0-9a-f]*_bg.wasm' <<< "$page" | head -n 1)
curl -fsS "$address/$script" --output page.wasm
head -c 4 page.wasm | od -An -c | grep -q 'a *s *m'
answer=$(curl -fsS "$address/api/next-token" -d '{"text": "Once upon a", "top_k": 3, "temperature": 1}')
grep -q ' time' <<< "$answer" || { echo "$answer" >&2; exit 1; }
echo "$program works."
