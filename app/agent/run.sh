#!/bin/bash
cd "$(dirname "$0")"  # main.py and the packages are here
export PYTHONPATH="$PYTHONPATH:/opt/python:$LAMBDA_RUNTIME_DIR"  # as for a handler: layers, boto3
exec python -m uvicorn --port "$PORT" main:app
