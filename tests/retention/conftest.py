"""A data folder for each test: a run cuts and deletes log files, and those of the tests' own services are not its business."""

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.LOUPE_HOME = tmp_path
