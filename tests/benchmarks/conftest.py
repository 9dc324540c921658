"""The benchmarks are scripts of the project's root, not a package that is installed."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

# At the end of the path, so that no folder of the root hides anything.
sys.path.append(str(ROOT))
