#!/usr/bin/env bash
# harness.sh FOLDER: lm-evaluation-harness in an environment of its own that sees the packages of the active one, which stays as
# it was locked. What is installed is the file that `make harness` gives away. `make test-harness` calls it.
set -euo pipefail
there=${1:?a folder}
cd "$(dirname "$0")/.."
[ -x "$there/bin/python" ] || python -m venv --without-pip "$there"
site=$("$there/bin/python" -c "import sysconfig; print(sysconfig.get_path('purelib'))")
python -c "import sysconfig; print(sysconfig.get_path('purelib'))" > "$site/locked.pth"
python -m pip --python "$there/bin/python" install --quiet --disable-pip-version-check \
  --requirement assl_utils/data/harness/requirements.txt
