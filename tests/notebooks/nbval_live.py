"""A pytest plugin that teaches nbval how a cell ends up in JupyterLab: load it with ``-p nbval_live``.

nbval 0.11.0 ignores two of the kernel's messages, `update_display_data` and `clear_output`, so its strict mode compares
the first frame of a live cell with the stored last one. It also runs cells without history: `_` and `Out` differ.

A display is updated as long as its own cell runs: nbval compares a cell's outputs at the cell's end, so an update from
a later cell comes too late. (Messages: jupyter-client's documentation, "Messaging in Jupyter".)
"""

from functools import partial

import pytest
from nbval.plugin import IPyNbCell

OUTPUTS = {"stream", "display_data", "execute_result", "error"}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    if isinstance(item, IPyNbCell):
        notebook, kernel = item.parent, item.parent.kernel
        notebook.get_kernel_message = LiveOutputs(item).next_message
        kernel.execute_cell_input = partial(kernel.kc.execute, store_history=True, stop_on_error=False)
    return (yield)


class LiveOutputs:
    """Reads the kernel's messages for one cell; applies to the cell's outputs those that nbval ignores."""

    def __init__(self, cell):
        self.cell = cell
        self.request = None
        self.displays = {}
        self.clear_first = False

    def next_message(self, timeout=None, stream="iopub"):
        """Return the next message that nbval knows; takes the place of `IPyNbFile.get_kernel_message`."""
        while True:
            message = self.cell.parent.kernel.get_message(stream, timeout=timeout)
            kind, content = message["msg_type"], message["content"]
            if kind == "execute_input":
                self.request = message["parent_header"]["msg_id"]
            if message["parent_header"].get("msg_id") != self.request:
                return message  # it belongs to an earlier cell
            if kind == "update_display_data":
                self.update(content)
            elif kind == "clear_output":
                self.clear(wait=content["wait"])
            else:
                if kind in OUTPUTS:
                    self.note(content)
                return message

    def update(self, content):
        for position in self.displays.get(content["transient"]["display_id"], []):
            self.cell.test_outputs[position].update(data=content["data"], metadata=content["metadata"])

    def clear(self, *, wait=False):
        self.clear_first = wait
        if not wait:
            self.cell.test_outputs.clear()
            self.displays.clear()

    def note(self, content):
        """Prepare for an output that nbval appends next."""
        if self.clear_first:
            self.clear()
        if display := (content.get("transient") or {}).get("display_id"):
            # Shown again under the same name, a display changes everywhere.
            self.update(content)
            self.displays.setdefault(display, []).append(len(self.cell.test_outputs))
