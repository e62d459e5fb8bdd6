"""The marker `@pytest.mark.promise("JE-05", ...)`: a wrong id ends the run, and `pytest --promise JE-05` runs what shows one."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--promise", metavar="ID", help="run only the tests that show this promise, such as JE-05")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuse a marker that names no promise; keep only what was asked for."""
    from privacy.proof import promises

    known, wanted = frozenset(promises.expected()), config.getoption("--promise")
    if wanted and wanted not in known:
        raise pytest.UsageError(f"{wanted} is no promise; see privacy/policies/promises.toml")
    if strangers := {id_: item.nodeid for item in items for id_ in ids_of(item) if id_ not in known}:
        raise pytest.UsageError("".join(f"{where}: {id_!r} is no promise\n" for id_, where in strangers.items()))
    if wanted:
        others = [item for item in items if wanted not in ids_of(item)]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if wanted in ids_of(item)]


def ids_of(item: pytest.Item) -> list[object]:
    """The ids on a test, from all its markers."""
    return [id_ for mark in item.iter_markers("promise") for id_ in mark.args]
