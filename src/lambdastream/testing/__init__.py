"""A local AWS for a test session, and stacks on it by the unmodified ``sam``. ``pytest_plugin`` has the fixtures."""
