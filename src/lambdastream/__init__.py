"""A local AWS Lambda that streams.

It runs functions with the real ``awslambdaric`` and the real Lambda Web Adapter, without an AWS account and without
Docker. The packages, lowest first: ``errors``, ``wire``, ``runtime``, ``doors``, ``control``, ``workshop`` and ``cli``;
``client`` stands apart and knows nothing of the local half.
"""

import sys

# httpx also imports its own command line, with rich and click, when these are installed. Nothing here uses it, and it takes
# longer to import than httpx itself: every command would wait for it.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
