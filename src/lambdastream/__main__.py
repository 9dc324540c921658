"""``python -m lambdastream`` is the command line."""

from lambdastream.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
