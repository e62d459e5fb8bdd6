"""Fixtures for every app's tests: a real browser, the real shop's processes, and passwords hashed the cheap way."""

from typing import Any

import pytest

pytest_plugins = ["tests.browser", "tests.processes"]


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Any) -> None:
    """Argon2 is slow on purpose; the tests make a thousand people."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
