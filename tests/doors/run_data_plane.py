"""A program that runs a data plane with one function, and says where: one line of JSON, then the URL's answers go on."""

import asyncio
import json
import sys
from pathlib import Path

import uvloop

from lambdastream.doors.data_plane import DataPlane
from lambdastream.runtime.description import FunctionDescription
from lambdastream.runtime.isolation.availability import WantedIsolation


async def main(description: FunctionDescription, isolation: WantedIsolation) -> None:
    async with DataPlane(isolation=isolation) as plane:
        status = await plane.deploy(description)
        print(json.dumps({"url": status["url"], "folder": str(plane.host.folder)}), flush=True)
        await asyncio.Event().wait()


uvloop.run(main(FunctionDescription.from_json(json.loads(Path(sys.argv[1]).read_text())), sys.argv[2]))
