#!/usr/bin/env bash
# Makes the environment in the folder given: the first Python >= 3.11 that really starts, then the hashed requirements.
# LAMBDASTREAM_PYTHON names an interpreter to use instead.
set -euo pipefail
venv=$1
cd "$(dirname "$0")/.."

starts() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    local candidate
    if [ -n "${LAMBDASTREAM_PYTHON:-}" ]; then
        if ! starts "$LAMBDASTREAM_PYTHON"; then
            echo "LAMBDASTREAM_PYTHON names $LAMBDASTREAM_PYTHON, which does not start as a Python 3.11 or newer." >&2
            echo "Name another interpreter, or unset LAMBDASTREAM_PYTHON." >&2
            exit 1
        fi
        echo "$LAMBDASTREAM_PYTHON"
        return
    fi
    # A name may exist and not run (version managers' shims): only a start proves it. Behind it on PATH may be one that does.
    while IFS= read -r candidate; do
        if starts "$candidate"; then
            echo "$candidate"
            return
        fi
    done < <(type -aP python3 python3.14 python3.13 python3.12 python3.11)
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

# An environment dies with the Python that it was made with: then it is made anew.
if [ ! -x "$venv/bin/uv" ] || ! starts "$venv/bin/python"; then
    echo "Making the environment with $("$python" --version) ..."
    "$python" -m venv --clear "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
fi
echo "Installing the pinned requirements ..."
export VIRTUAL_ENV=$PWD/$venv
"$venv/bin/uv" pip sync --quiet --require-hashes requirements/lab.txt
requirements/project.sh "$venv"
