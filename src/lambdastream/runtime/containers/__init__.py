"""Functions that are container images: their programs run in Docker's containers."""
