"""What the workers of one run do once for all of them: rewrite the test modules, and make the tables of the test database."""

from __future__ import annotations

import gc
import importlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from pytest_django import DjangoDbBlocker

from dev.locks import FileLock


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Import this worker's share of the test modules before the rest.

    Pytest rewrites the asserts of a module when it is imported first, and keeps the result on the disk. Workers that all begin with
    the same module would each rewrite every one.
    """
    worker: dict[str, Any] = getattr(session.config, "workerinput", {})
    if worker:
        number, count = int(worker["workerid"].removeprefix("gw")), worker["workercount"]
        for name in sorted(_modules(session.config))[number::count]:
            with suppress(Exception, pytest.skip.Exception):  # pytest tells when it comes to it
                importlib.import_module(name)


def _modules(config: pytest.Config) -> Iterator[str]:
    """The names of the test modules below what was asked for."""
    for asked in config.args:
        for path in Path(asked.split("::")[0]).absolute().rglob("test_*.py"):
            yield ".".join(path.relative_to(config.rootpath).with_suffix("").parts)


def pytest_collection_finish() -> None:
    """The tests stay until the end: spare the garbage collector from looking at each of them again and again."""
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None,
    django_db_blocker: DjangoDbBlocker,
    django_db_keepdb: bool,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> None:
    """Let one worker make the tables; the databases of all begin as copies."""
    if django_db_keepdb or not hasattr(request.config, "workerinput"):
        return
    from django.db import connection  # Django is ready by now

    of_all_workers = tmp_path_factory.getbasetemp().parent
    name, made = f"test_{connection.settings_dict['NAME']}_template", of_all_workers / "template.made"
    with FileLock(of_all_workers / "template.lock"), django_db_blocker.unblock():
        if not made.exists():
            _make_tables(connection, name)
            made.touch()
    connection.settings_dict["TEST"]["TEMPLATE"] = name


def _make_tables(connection: Any, name: str) -> None:
    """Migrate an empty database of this name, and leave it to itself: what is in use cannot be copied."""
    here, test = connection.settings_dict["NAME"], connection.settings_dict["TEST"]
    own, test["NAME"] = test["NAME"], name
    try:
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    finally:
        connection.close()
        connection.settings_dict["NAME"], test["NAME"] = here, own
