#!/usr/bin/env bash
# release-notes.sh TAG: what CHANGELOG.md says of a version, and how to check the archives.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
version=${1#v}
notes=$(awk -v version="$version" '
  /^## / { inside = ($2 == version); next }
  inside' CHANGELOG.md)
if [ -z "$notes" ]; then
  echo "CHANGELOG.md says nothing of $version." >&2
  exit 1
fi
cat <<NOTES
$notes

### Checking the archives

    sha256sum --check --ignore-missing SHA256SUMS
    gh attestation verify FILE --repo ${GITHUB_REPOSITORY:-OWNER/NAME}
NOTES
