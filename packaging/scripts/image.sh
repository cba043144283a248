#!/usr/bin/env bash
# image.sh cpu|cuda NAME VERSION: the container image NAME:VERSION (NAME:VERSION-cuda), built in
# an image that has what the build needs, tried as it is meant to run: read-only, not root.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
kind=$1 name=$2 version=$3
case $kind in
  cpu)
    builder=docker.io/library/rust:1.95-bookworm
    base=gcr.io/distroless/cc-debian12:nonroot
    tag=$name:$version features=
    ;;
  cuda)
    builder=docker.io/nvidia/cuda:12.6.3-devel-ubuntu22.04
    base=docker.io/nvidia/cuda:12.6.3-runtime-ubuntu22.04
    tag=$name:$version-cuda features=cuda
    ;;
  *) echo "image.sh cpu|cuda NAME VERSION" >&2; exit 2 ;;
esac
docker run --rm --volume "$PWD:/source" --workdir /source --env "CARGO_TARGET_DIR=/source/target/image-$kind" \
  --env CUDA_COMPUTE_CAP=80 "$builder" packaging/scripts/build-in-container.sh "$features"
context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
cp packaging/container/Dockerfile "target/image-$kind/release/native-server" "$context"
docker build --build-arg "BASE=$base" --tag "$tag" "$context"
if [ "$kind" = cpu ]; then
  docker tag "$tag" "$name:latest"
  container=$(docker run --detach --rm --read-only --cap-drop ALL --publish 127.0.0.1:5005:5005 "$tag")
  trap 'docker stop "$container" > /dev/null; rm -rf "$context"' EXIT
  for _ in $(seq 50); do curl -fsS http://localhost:5005/healthz > /dev/null 2>&1 && break; sleep 0.2; done
  curl -fsS http://localhost:5005/healthz
  docker exec "$container" /usr/local/bin/native-server check-health
fi
