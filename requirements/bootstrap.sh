#!/usr/bin/env bash
# Makes the environment in the folder given: the first Python >= 3.11 that really starts, then the hashed requirements.
# LAMBDASTREAM_PYTHON names an interpreter to use instead.
set -euo pipefail
venv=$1
cd "$(dirname "$0")/.."

find_python() {
    local name
    for name in ${LAMBDASTREAM_PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
        # A name may exist and not run (version managers' shims): only a start proves it.
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            echo "$name"
            return
        fi
    done
    echo "No Python 3.11 or newer starts on this machine." >&2
    echo "Install one (Debian, Ubuntu: apt install python3 python3-venv) or name one: make lab LAMBDASTREAM_PYTHON=/path/to/python3" >&2
    exit 1
}

python=$(find_python)
if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    echo "$python ($version) has no ensurepip, so it cannot make an environment." >&2
    echo "Install the package that holds it (Debian, Ubuntu: apt install python$version-venv), then try again." >&2
    exit 1
fi

if [ ! -x "$venv/bin/uv" ]; then
    echo "Making the environment with $("$python" --version) ..."
    "$python" -m venv --clear "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
fi
echo "Installing the pinned requirements ..."
export VIRTUAL_ENV=$PWD/$venv
"$venv/bin/uv" pip sync --quiet --require-hashes requirements/lab.txt
"$venv/bin/uv" pip install --quiet --no-deps --no-build-isolation --editable .
