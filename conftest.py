"""Fixtures for every app's tests: a real browser and the real shop's processes."""

pytest_plugins = ["tests.browser", "tests.processes"]
