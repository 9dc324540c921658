"""The course and the lab around it: workspaces, exercises, servers for cells, the preflight, JupyterLab."""

from lambdastream.workshop.server import Server, serve
from lambdastream.workshop.workspace import Workspace, open_workspace

__all__ = ["Server", "Workspace", "open_workspace", "serve"]
