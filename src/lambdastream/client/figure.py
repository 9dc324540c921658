"""A matplotlib figure that shows itself in a notebook. Imported only when a picture is drawn."""

from __future__ import annotations

import io

from matplotlib.figure import Figure


class NotebookFigure(Figure):
    """A figure outside pyplot's global state: the notebook shows it once, where it is the value of a cell."""

    def _repr_png_(self) -> bytes:
        png = io.BytesIO()
        self.savefig(png, format="png")
        return png.getvalue()
