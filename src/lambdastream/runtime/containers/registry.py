"""A registry of container images on loopback, in the place of Amazon ECR: Debian's ``docker-registry``, started when needed.

Docker takes registries on loopback without TLS. It asks nobody who they are: as with function URLs, whoever can open a
connection to this machine's loopback can push and pull.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from collections import deque
from pathlib import Path
from typing import Final

from lambdastream.errors import RegistryNotFoundError
from lambdastream.runtime.host import Host
from lambdastream.runtime.processes.launch import Program
from lambdastream.runtime.processes.process import Process

# Its name in Debian and Ubuntu, and in its own project and elsewhere.
PROGRAMS: Final = ("docker-registry", "registry")
OWNER: Final = "container registry"
PATIENCE: Final = 15.0
POLL: Final = 0.02
GRACE: Final = 2.0


class Registry:
    """The registry of one local Lambda, with its images in ``folder``. Nothing runs before ``address`` is asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: Process | None = None
        self._port = 0
        self._lock = asyncio.Lock()

    async def address(self, host: Host) -> str:
        """``host:port``, where it listens by now; the same one each time. Raises ``RegistryNotFoundError``."""
        async with self._lock:
            if self._process is None or self._process.is_ending:
                await self._end()
                self._port = self._port or host.ports.take(OWNER)
                self._process = await self._start(host)
            return f"127.0.0.1:{self._port}"

    async def close(self) -> None:
        """End it, if it runs. Its images stay."""
        async with self._lock:
            await self._end()

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            await process.stop(grace=GRACE)

    async def _start(self, host: Host) -> Process:
        program = next(filter(None, map(shutil.which, PROGRAMS)), None)
        if program is None:
            raise RegistryNotFoundError(
                "A container image needs a registry, and there is no docker-registry on the PATH.",
                next_step="Install it, on Debian and Ubuntu with: apt-get install docker-registry. Then deploy again.",
            )
        self._folder.mkdir(parents=True, exist_ok=True)
        settings = self._folder / "config.json"
        settings.write_text(json.dumps(self._settings()), encoding="utf-8")
        said: deque[str] = deque(maxlen=5)
        process = await Process.start(
            Program([program, "serve", str(settings)], {"OTEL_TRACES_EXPORTER": "none"}, self._folder),
            name=OWNER,
            write=said.append,
            watchdog=host.watchdog,
        )
        try:
            async with asyncio.timeout(PATIENCE):
                while not await self._answers():
                    if process.is_ending:
                        break
                    await asyncio.sleep(POLL)
                else:
                    return process
        except TimeoutError:
            pass
        except BaseException:
            await process.stop(grace=0)
            raise
        await process.stop(grace=0)
        raise RegistryNotFoundError(
            f"The registry of container images ({program}) does not start: {' '.join(said)}",
            next_step=f"Run it by hand to see why: {program} serve {settings}",
        )

    def _settings(self) -> dict[str, object]:
        """A configuration file, YAML or, as here, JSON (Distribution's documentation, "Configuring a registry")."""
        return {
            "version": "0.1",
            "log": {"level": "error", "accesslog": {"disabled": True}},
            "storage": {"filesystem": {"rootdirectory": str(self._folder)}, "delete": {"enabled": True}},
            "http": {"addr": f"127.0.0.1:{self._port}"},
        }

    async def _answers(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            return False
        writer.close()
        return True
