#!/usr/bin/env bash
# Puts this project into an environment that has the requirements. Its folder is given: .venv, or "$CONDA_PREFIX".
set -euo pipefail
cd "$(dirname "$0")/.."
environment=$1
pip() { "$environment/bin/uv" pip "$@" --python "$environment/bin/python"; }

# jsonschema's optional check of IRIs takes two seconds at every import of nbformat, and nothing here needs it.
pip uninstall --quiet rfc3987-syntax
pip install --quiet --no-deps --no-build-isolation --editable .
# JupyterLab would ask whether to fetch news from its makers' site.
settings=$environment/share/jupyter/lab/settings
mkdir -p "$settings"
echo '{"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": false}}' >"$settings/overrides.json"
