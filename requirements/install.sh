#!/usr/bin/env bash
# install.sh cpu|cuda: put the locked packages into the active environment. `make env` calls it.
# cpu: everything by hash, and torch by version, the CPU build (2.13.0+cpu): first where pip is told to look (PIP_FIND_LINKS,
# PIP_EXTRA_INDEX_URL), then by uv's --torch-backend, which knows PyTorch's own index. A CUDA build is never taken for it.
set -euo pipefail
kind=${1:?cpu or cuda}
cd "$(dirname "$0")/.."
installer=(python -m pip install --quiet --disable-pip-version-check)
if command -v uv > /dev/null; then by_hash=(uv pip install --quiet --python "$(command -v python)"); else by_hash=("${installer[@]}"); fi
# To an installer the CPU build of a version is that version, and it would leave it: for a GPU it has to go first.
if [ "$kind" = cuda ] && python -c "import sys, torch; sys.exit(torch.version.cuda is not None)" 2> /dev/null; then
  echo "env: the CPU build of torch makes room for the CUDA build"
  if command -v uv > /dev/null; then uv pip uninstall --quiet --python "$(command -v python)" torch
  else python -m pip uninstall --quiet --yes torch; fi
fi
echo "env: installing the packages of requirements/$kind.txt with ${by_hash[0]##*/} (a few minutes the first time)"
"${by_hash[@]}" --no-deps --require-hashes -r "requirements/$kind.txt"
if [ "$kind" = cpu ]; then
  torch=$(cat requirements/torch.txt)
  if ! python -c "import sys, torch; sys.exit(torch.__version__.split('+')[0] != '${torch#torch==}')" 2> /dev/null; then
    echo "env: installing $torch, CPU build"
    if ! "${installer[@]}" --no-deps "$torch+cpu" 2> /dev/null; then
      command -v uv > /dev/null || "${installer[@]}" uv
      uv pip install --quiet --python "$(command -v python)" --no-deps --torch-backend cpu "$torch" || {
        echo "env: no CPU build of $torch found. Download it from PyTorch's site and set PIP_FIND_LINKS to its folder." >&2
        exit 1
      }
    fi
  fi
fi
"${installer[@]}" --no-deps --no-build-isolation --editable .
# libraries greet with advice of their own; it is shown where an import fails
said=$(python -c "import torch, transformers, peft; print('env: ready, torch', torch.__version__)" 2>&1) || { echo "$said" >&2; exit 1; }
tail -n 1 <<< "$said"
