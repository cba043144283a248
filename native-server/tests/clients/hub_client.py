"""Downloads a model with huggingface_hub: ENDPOINT CACHE. Prints the snapshot's folder."""

import os
import sys

endpoint, cache = sys.argv[1:]
os.environ["HF_ENDPOINT"] = endpoint
os.environ["HF_HUB_CACHE"] = cache
os.environ["HF_HUB_DISABLE_XET"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"

from huggingface_hub import scan_cache_dir, snapshot_download  # noqa: E402

folder = snapshot_download("owner/tiny")
assert os.path.isfile(os.path.join(folder, "model.safetensors")), os.listdir(folder)
found = {repo.repo_id: repo.size_on_disk for repo in scan_cache_dir(cache).repos}
assert found["owner/tiny"] > 100_000, found
