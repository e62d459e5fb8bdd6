"""Fixtures for every app's tests: a real browser, the real shop's processes, and the cheap way of what is slow on purpose."""

from itertools import count
from pathlib import Path
from typing import Any

import pytest

pytest_plugins = ["tests.browser", "tests.processes", "tests.promised"]


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Any) -> None:
    """Argon2 is slow on purpose; the tests make a thousand people."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _static_files_when_asked_for(settings: Any) -> None:
    """WhiteNoise lists every static file when it starts, and each test client starts it anew."""
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture(autouse=True)
def _no_banner_from_before() -> None:
    """No page tells of a change of the policy that another test published; a test about that forgets this again."""
    from privacy.consent import policy_banner  # Django is ready by now

    policy_banner.remember(None, seconds=3600)


LEDGERS = count()


@pytest.fixture(scope="session")
def _ledgers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ledgers")


@pytest.fixture(autouse=True)
def _own_ledger(settings: Any, _ledgers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has a ledger of erasures of its own, and so have the programs it starts."""
    settings.LOUPE_LEDGER = _ledgers / f"{next(LEDGERS)}.jsonl"
    monkeypatch.setenv("LOUPE_LEDGER", str(settings.LOUPE_LEDGER))
