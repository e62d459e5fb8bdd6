"""Fixtures of the proofs that kill: a stage to begin from again and again, and the mortal worker that works on copies of it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from django.conf import settings as shop_settings
from django.db import connection, connections
from psycopg2 import sql

from dev.services import PROJECT
from privacy.rights.packages import ORPHANED_AFTER
from tests.prove.mortal import NEVER, Life, Outcome
from tests.prove.test_dump_and_restore import url_of

STRIPE = ("STRIPE_API_BASE", "STRIPE_SECRET_KEY")
A_MINUTE = timedelta(minutes=1)


class Worker:
    """The forking process, and one order and one outcome at a time."""

    def __init__(self, log: Path) -> None:
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "shop.settings"}
        self._log = log
        with log.open("w") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.prove.mortal"], cwd=PROJECT, env=environment, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
            )  # fmt: skip

    def live(self, life: Life) -> Outcome:
        """Live one life to its end, or to where it was told to die."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asdict(life)) + "\n")
        self._process.stdin.flush()
        said = self._process.stdout.readline()
        assert said, self._log.read_text()[-2000:]
        outcome = Outcome(**json.loads(said))
        assert not outcome.error, outcome.error
        return outcome

    def end(self) -> None:
        """No more orders."""
        with self._process:  # closes both pipes; the end of the first ends the process
            pass


class Stage:
    """What the test database held at one moment: every life begins from a copy of it."""

    def __init__(self, worker: Worker, folder: Path, life: Life) -> None:
        self.worker, self.folder, self.life = worker, folder, life
        self.name = f"{connection.settings_dict['NAME']}_stage"
        self.copy = f"{self.name}_copy"
        connections.close_all()  # a database with somebody in it cannot be copied
        _administer("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name)
        _administer("CREATE DATABASE {} TEMPLATE {}", self.name, connection.settings_dict["NAME"])

    @contextmanager
    def beginning(self) -> Iterator[Life]:
        """A fresh database, folder and ledger, gone afterwards."""
        home = self.folder / "home"
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        (home / "keys").symlink_to(Path(shop_settings.LOUPE_HOME) / "keys")
        _administer("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.copy)  # left by a run that was killed itself
        _administer("CREATE DATABASE {} TEMPLATE {}", self.copy, self.name)
        try:
            yield replace(self.life, database=self.copy, home=str(home), ledger=str(home / "ledger.jsonl"))
        finally:
            _administer("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.copy)

    def whole(self) -> tuple[Outcome, dict[str, Any]]:
        """A life that nobody ends, and what it left."""
        with self.beginning() as life:
            outcome = self.worker.live(life)
            return outcome, self.looked(life)

    def killed_and_followed(self, at_boundary: int, *, by: str) -> dict[str, Any]:
        """A life that ends at a boundary, followed a minute later by a whole one; what both left together."""
        with self.beginning() as life:
            assert self.worker.live(replace(life, die_at=at_boundary)).returned == -signal.SIGKILL
            later = (datetime.fromisoformat(life.at) + A_MINUTE).isoformat()
            self.worker.live(replace(life, verb=by, at=later, die_at=NEVER))
            return self.looked(life)

    def looked(self, life: Life) -> dict[str, Any]:
        """Everything there is, with the ledger and the files of copies, once the sweep has taken away what nobody owns."""
        late = (datetime.fromisoformat(life.at) + 2 * ORPHANED_AFTER).isoformat()
        self.worker.live(replace(life, verb="sweep_packages", at=late, die_at=NEVER))
        found: dict[str, Any] = self.worker.live(replace(life, verb="look", die_at=NEVER)).answer
        ledger, exports = Path(life.ledger), Path(life.home) / "exports"
        found["ledger"] = len(ledger.read_text().splitlines()) if ledger.exists() else 0
        found["files"] = sorted(file.name for file in exports.iterdir()) if exports.exists() else []
        return found

    def strike(self) -> None:
        """Take the stage down."""
        _administer("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name)


def _administer(statement: str, *names: str) -> None:
    with closing(psycopg2.connect(url_of("postgres"))) as admin:
        admin.autocommit = True
        with admin.cursor() as cursor:
            cursor.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    found = Worker(tmp_path_factory.mktemp("mortal") / "worker.log")
    yield found
    found.end()


@pytest.fixture
def stage(worker: Worker, tmp_path: Path) -> Iterator[Any]:
    """Sets the stage with what the test database holds now: `stage(verb=..., at=..., request=...)`."""
    stages: list[Stage] = []

    def set_stage(*, verb: str, at: datetime, request: Any = "") -> Stage:
        chosen = {name: str(getattr(shop_settings, name)) for name in STRIPE}
        life = Life(verb, "", "", "", at.isoformat(), request=str(request), settings=chosen)
        stages.append(Stage(worker, tmp_path, life))
        return stages[-1]

    yield set_stage
    for each in stages:
        each.strike()
