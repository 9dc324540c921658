"""The project's local AWS: whether it runs, whether both of its halves answer, and whether its port is free."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Final

from lambdastream.control.control_plane_process import LOG
from lambdastream.control.deploy_destination import START, answers_as_lambdastream
from lambdastream.control.local_aws import LocalAws
from lambdastream.control.profile import Profile
from lambdastream.control.project import Project
from lambdastream.control.supervisor import DEFAULT_PORT
from lambdastream.errors import LambdastreamError, NotRunningError
from lambdastream.workshop.doctor.finding import Finding, fine, warning, wrong

CHECK: Final = "local AWS"
AGAIN: Final = "lambdastream down; lambdastream up --detach"
PATIENCE: Final = 30
# A program of its own, since the profile is selected by variables. boto3 signs, so keys and signatures are tried, too.
ASK_STS: Final = """
import boto3, botocore.config
config = botocore.config.Config(connect_timeout=3, read_timeout=25, retries={"total_max_attempts": 1})
boto3.client("sts", config=config).get_caller_identity()
"""


def local_aws(project: Project, port: int = DEFAULT_PORT) -> list[Finding]:
    """The findings of a project's local AWS. One that does not run is no fault."""
    try:
        running = project.running()
    except NotRunningError:
        if project.is_locked():
            return [warning(CHECK, "The local AWS of this project is starting.", "lambdastream status")]
        return [warning(CHECK, "No local AWS runs for this project.", START), port_finding(port)]
    try:
        functions = len(LocalAws(running).status()["functions"])
    except LambdastreamError as error:
        return [wrong(CHECK, f"The local AWS does not answer: {error.problem}", AGAIN)]
    runs = fine(CHECK, f"The local AWS of this project runs at {running.endpoint}, with {functions} functions.")
    return [runs, *control_plane_findings(project)]


def control_plane_findings(project: Project) -> Iterator[Finding]:
    """Its other half, asked as AWS tools ask: a signed call with the project's profile."""
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", ASK_STS],
            env=Profile(project).environment(os.environ),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        said = done.stderr.strip().splitlines()
    except subprocess.TimeoutExpired:
        said = [f"nothing came within {PATIENCE} s"]
    if said:
        what = f"Its control plane does not answer a signed call: {said[-1]}"
        yield wrong("control plane", what, f"{AGAIN}\nIts log: .lambdastream/{LOG}")
    else:
        yield fine("control plane", "Its control plane answers a signed call.")


def port_finding(port: int) -> Finding:
    """The port that the next ``up`` takes."""
    if _is_free(port):
        return fine("port", f"Port {port} is free.")
    address = f"http://127.0.0.1:{port}"
    owner = "another project's local AWS" if answers_as_lambdastream(address) else "another program"
    fix = f"lambdastream up --detach --port 0\nor see who has it: ss -ltnp 'sport = :{port}'"
    return warning("port", f"Port {port} belongs to {owner}: lambdastream up needs another one.", fix)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
