"""Runs functions: execution environments, their processes, the Runtime API and the Extensions API."""
