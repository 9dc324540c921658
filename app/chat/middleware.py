"""What stands around the app, the outermost first."""

import os

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from body_limit import BodyLimit
from way_in import HEADER, WayIn

# Pages of which origins a browser lets read the answers: "https://a.example https://b.example", or "*" for all. All is
# safe as long as the app knows nobody: no cookie and no password of the browser goes along (allow_credentials is False).
ORIGINS = os.environ.get("ALLOWED_ORIGINS", "*")


def cors(origins: str) -> Middleware:
    """Let pages of these origins, with a space between two, read the answers."""
    return Middleware(
        CORSMiddleware,
        allow_origins=origins.split(),
        allow_methods=["GET", "POST"],
        allow_headers=["Content-Type", "Last-Event-ID", "X-Amz-Content-Sha256"],  # CloudFront asks for the last
        expose_headers=[HEADER],
        max_age=600,  # seconds in which a browser does not ask again
    )


MIDDLEWARE = [Middleware(WayIn), cors(ORIGINS), Middleware(BodyLimit)]
