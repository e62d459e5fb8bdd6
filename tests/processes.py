"""The real shop for journeys: production web server, worker, beat, local Stripe and mail catcher, on a database of its own.

The fixture `processes` starts it once in a test session. Tests talk to it as people do, by pages and mails, and may break it: kill
the worker, stop the broker. Nothing in here imports Django.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest
from psycopg2 import sql

from dev import machine, services
from dev.mail.letters import Letters
from dev.postgres import client_tool
from dev.processes import Processes, Program
from dev.programs import Ports, Shop
from dev.pytest_services import worker_number
from dev.services import PROJECT
from dev.valkey import Valkey

START_SECONDS = 180
COMMAND_SECONDS = 180
# Switched on for all journeys: none may load anything of theirs before a visitor allows it.
TAGS = {
    "GOOGLE_ANALYTICS_ID": "G-CRAWL12345",
    "HOTJAR_ID": "1234567",
    "GOOGLE_ADS_ID": "AW-987654321",
    "META_PIXEL_ID": "123456789012345",
}
ENVIRONMENT = {"LOUPE_ERASURE_GRACE": "3", "LOUPE_PAGE_CACHE_SECONDS": "0", "LOUPE_POLICY": "jane_ellen", **TAGS}


@dataclass(frozen=True, kw_only=True)
class RunningShop:
    """The programs that run for this test session, and where they answer."""

    shop: Shop
    processes: Processes
    database_url: str
    broker: Valkey  # of this shop alone: a test may stop() it and ensure() it again
    mail: Letters

    @property
    def shop_url(self) -> str:
        """The address of the shop, without a slash at the end."""
        return self.shop.url

    @property
    def stripe_url(self) -> str:
        """The address of the local Stripe, without a slash at the end."""
        return self.shop.stripe_url

    @property
    def mail_url(self) -> str:
        """The address of the page with the mails, without a slash at the end."""
        return self.shop.mail_url

    def run_manage(self, *arguments: str) -> str:
        """Run a management command against this shop's database; return what it wrote.

        Fails with its output when it ends badly.
        """
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=PROJECT,
            env=self.processes.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        if done.returncode:
            pytest.fail(f"manage.py {' '.join(arguments)} failed:\n{done.stdout}", pytrace=False)
        return done.stdout

    def kill(self, name: str) -> None:
        """End one program as a crash would, its children included."""
        self.processes.kill(name)

    def start(self, name: str) -> None:
        """Start one program again and wait until it is ready."""
        program = self.program(name)
        self.processes.start(program)
        self.processes.wait_for(program, seconds=START_SECONDS)

    def program(self, name: str) -> Program:
        """One of web, worker, beat, stripe, mail."""
        return next(program for program in self.shop.programs() if program.name == name)

    def query(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        """What a SELECT finds in this shop's database, committed rows only."""
        with closing(psycopg2.connect(self.database_url)) as connection, connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall()

    def dump(self) -> str:
        """The whole database as text, as a backup would hold it."""
        dumped = subprocess.run(
            [client_tool("pg_dump"), "--inserts", "--no-owner", self.database_url],
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=True,
        )
        return dumped.stdout


@pytest.fixture(scope="session")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningShop]:
    """The shop with the jewellery and the demo's people, but without the loose stones of the data set."""
    home = tmp_path_factory.mktemp("shop")
    with running_shop(home, _fresh_database(f"loupe_journeys_{worker_number()}")) as running:
        yield running


@contextmanager
def running_shop(home: Path, database_url: str) -> Iterator[RunningShop]:
    """A whole shop in a data folder of its own, filled and answering; everything it started ends with it."""
    services.look_after(home, idle_seconds=5)
    broker = Valkey(home, durable=False)
    shop = Shop(home=home, ports=Ports.free())
    given = {**os.environ, **ENVIRONMENT, "DATABASE_URL": database_url, "REDIS_URL": broker.ensure()}
    programs = Processes(logs=home / "logs", environment=shop.environment(given), folder=PROJECT)
    running = RunningShop(
        shop=shop, processes=programs, database_url=database_url, broker=broker, mail=Letters(shop.maildir)
    )
    try:
        with programs:
            _prepare(programs, shop)
            programs.start_all(shop.programs())
            programs.wait_for_all(shop.programs(), seconds=START_SECONDS)
            yield running
    finally:
        services.stop(home)


def _prepare(programs: Processes, shop: Shop) -> None:
    """Make the tables and fill them, as `make run` does but without the loose stones."""
    log = programs.log("prepare")
    done = subprocess.run(
        [sys.executable, "-m", "dev.prepare", log, "--without-stones", *shop.preparing()],
        cwd=PROJECT,
        env=programs.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        timeout=COMMAND_SECONDS,
        check=False,
    )
    if done.returncode:
        pytest.fail(f"preparing the data failed:\n{machine.tail(log, 30)}", pytrace=False)


def _fresh_database(name: str) -> str:
    """An empty database on the test cluster; return its URL."""
    cluster = os.environ["DATABASE_URL"]
    with closing(psycopg2.connect(cluster)) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return urlunsplit(urlsplit(cluster)._replace(path=f"/{name}"))
