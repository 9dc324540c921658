#!/bin/bash
exec python "$LAMBDA_TASK_ROOT/runtime.py"
