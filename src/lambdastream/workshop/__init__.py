"""What the lab needs: preflight, the demo functions, JupyterLab."""
