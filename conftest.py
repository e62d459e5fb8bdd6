"""Fixtures for every app's tests: a real browser, the real shop's processes, and the cheap way of what is slow on purpose."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from pytest_django import DjangoDbBlocker

pytest_plugins = ["tests.browser", "tests.processes", "tests.promised", "tests.sharing"]


CHEAP = {
    # Argon2 is slow on purpose; the tests make a thousand people.
    "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
    # WhiteNoise lists every static file when it starts, and each test client starts it anew.
    "WHITENOISE_AUTOREFRESH": True,
}


@pytest.fixture(scope="session", autouse=True)
def _cheap() -> Iterator[None]:
    """What is dear in the shop and has nothing to do with what is tested."""
    from django.test import override_settings  # Django is ready by now

    with override_settings(**CHEAP):
        yield


@pytest.fixture(scope="module")
def module_db(django_db_setup: None, django_db_blocker: DjangoDbBlocker, _ledgers: Path) -> Iterator[None]:
    """The database for a fixture that a whole module shares: its rows stand before every test, and go after the last.

    For what is dear to make and left as it is by rolling back each test, such as somebody who was erased.
    """
    from django.db import transaction
    from django.test import override_settings

    shared = transaction.atomic()
    shared._from_testcase = True  # so that a transaction that must be the outermost may begin in it
    with django_db_blocker.unblock(), override_settings(LOUPE_LEDGER=_ledgers / f"{next(LEDGERS)}.jsonl"), shared:
        yield
        transaction.set_rollback(True)


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
