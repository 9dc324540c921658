#!/bin/bash
cd "$(dirname "$0")"  # main.py and the packages are here
# No access log: what it costs depends on who reads it, a file or the local AWS.
exec python -m uvicorn --no-access-log --port "$PORT" main:app
