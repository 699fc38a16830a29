#!/usr/bin/env bash
# Write both locks from pyproject.toml and the versions installed in the active environment, the ones that were proven.
# Names, versions and hashes only, no addresses. torch is not in cpu.txt: its CPU build has a hash per index, so
# `make env` pins it by version (requirements/torch.txt) and lets pip find the build.
set -euo pipefail
cd "$(dirname "$0")/.."
proven=$(mktemp) && trap 'rm -f "$proven"' EXIT
python -m pip freeze --exclude-editable | sed 's/+cpu$//' | grep -v -E '^(uv|pip|assl[-_]utils)(==| )' > "$proven"
compile=(uv pip compile pyproject.toml --extra dev --extra backends --extra scale --extra quantize --universal --python-version 3.11.5 --generate-hashes
         --no-emit-index-url --no-annotate --no-header --quiet --constraint "$proven")
"${compile[@]}" --output-file requirements/cuda.txt > /dev/null
cuda_only=$(grep -oE '^(nvidia-[a-z0-9-]+|cuda-[a-z]+|triton|torch)==' requirements/cuda.txt | tr -d '=' | sort -u)
"${compile[@]}" $(printf -- '--no-emit-package %s ' $cuda_only) --output-file requirements/cpu.txt > /dev/null
sed -i '/^# The following packages were excluded/,$d' requirements/cpu.txt
grep -oE '^torch==[0-9.]+' requirements/cuda.txt > requirements/torch.txt
wc -l requirements/*.txt
