"""The embedded database and broker, each test with a data folder of its own; processes come and go as on a real day."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
import pytest
import redis

from dev import locks, machine, services
from dev.postgres import Postgres
from dev.valkey import Valkey

SETTLED = ("DATABASE_URL", "REDIS_URL", "LOUPE_ENV", "LOUPE_HOME")
ENSURE = """
import json, sys
from pathlib import Path
from dev import services
found = services.ensure(Path(sys.argv[1]), durable=False, idle_seconds=float(sys.argv[2]))
print(json.dumps([found.database_url, found.redis_url]))
"""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("services")
    yield folder
    services.wipe(folder)


def clean_environment() -> dict[str, str]:
    """Our environment without what the test run itself has settled."""
    return {name: value for name, value in os.environ.items() if name not in SETTLED}


def ensure(home: Path, *, idle_seconds: float = 60, **environment: str) -> list[str]:
    """What `ensure` returns in a process of its own, which ends at once."""
    done = subprocess.run(
        [sys.executable, "-c", ENSURE, str(home), str(idle_seconds)],
        cwd=services.PROJECT,
        env={**clean_environment(), **environment},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def query(url: str, statement: str) -> list[tuple[object, ...]]:
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def test_six_processes_at_once_share_one_database_and_one_broker(home: Path) -> None:
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda _: ensure(home), range(6)))
    assert found == [found[0]] * 6
    database_url, redis_url = found[0]
    assert query(database_url, "SELECT datlocprovider, datlocale FROM pg_database WHERE datname = 'loupe'") == [
        ("b", "C.UTF-8")
    ]
    assert query(database_url, "SELECT current_setting('fsync'), current_setting('max_connections')") == [
        ("off", "200")
    ]
    with redis.Redis.from_url(redis_url) as client:
        assert client.config_get("databases") == {"databases": "64"}
        assert client.config_get("bind") == {"bind": "127.0.0.1"}


def test_a_stranger_without_the_password_is_kept_out(home: Path) -> None:
    database_url, redis_url = ensure(home)
    database, broker = urlsplit(database_url), urlsplit(redis_url)
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(database_url.replace(str(database.password), "guess"))
    with redis.Redis(port=broker.port) as client, pytest.raises(redis.AuthenticationError):
        client.ping()
    for record in ("postgres.json", "valkey.json"):
        assert (home / record).stat().st_mode & 0o777 == 0o600


def test_a_killed_database_comes_back_with_its_rows(home: Path) -> None:
    database_url, _ = ensure(home)
    query(database_url, "CREATE TABLE kept AS SELECT 42 AS answer")
    query(database_url, "CHECKPOINT")
    pid = Postgres(home)._postmaster()
    os.kill(pid, signal.SIGKILL)
    assert machine.wait_until(lambda: not machine.command_of(pid), seconds=10)
    assert ensure(home)[0] == database_url
    assert query(database_url, "SELECT answer FROM kept") == [(42,)]


def test_a_pid_file_that_names_a_stranger_is_not_believed(home: Path) -> None:
    database_url, _ = ensure(home)
    services.stop(home)
    (Postgres(home).data / "postmaster.pid").write_text(f"{os.getpid()}\n")
    assert ensure(home)[0] == database_url


def test_a_killed_broker_comes_back(home: Path) -> None:
    _, redis_url = ensure(home)
    pid = Valkey(home)._pid()
    os.kill(pid, signal.SIGKILL)
    assert machine.wait_until(lambda: not machine.command_of(pid), seconds=10)
    assert ensure(home)[1] == redis_url
    with redis.Redis.from_url(redis_url) as client:
        assert client.ping()


def test_taken_ports_are_left_to_whoever_took_them(home: Path) -> None:
    before = ensure(home)
    services.stop(home)
    with socket.create_server(("127.0.0.1", urlsplit(before[0]).port or 0)):
        with socket.create_server(("127.0.0.1", urlsplit(before[1]).port or 0)):
            after = ensure(home)
    assert urlsplit(after[0]).port != urlsplit(before[0]).port
    assert urlsplit(after[1]).port != urlsplit(before[1]).port
    assert query(after[0], "SELECT 1") == [(1,)]


def test_what_the_environment_names_is_used_and_nothing_is_started(tmp_path: Path) -> None:
    mine = {"DATABASE_URL": "postgresql://db.example/shop", "REDIS_URL": "redis://cache.example/0"}
    assert ensure(tmp_path / "unused", **mine) == [mine["DATABASE_URL"], mine["REDIS_URL"]]
    assert ensure(tmp_path / "unused", LOUPE_ENV="production") == ["", ""]
    assert not (tmp_path / "unused").exists()


def test_only_what_is_missing_is_started(tmp_path: Path) -> None:
    named = "postgresql://db.example/shop"
    database_url, redis_url = ensure(tmp_path, DATABASE_URL=named)
    assert database_url == named
    assert redis_url.startswith("redis://:")
    services.stop(tmp_path)
    assert not (tmp_path / "postgres.json").exists()


def test_the_keeper_stops_everything_once_the_last_user_has_left(home: Path) -> None:
    services.stop(home)
    user = subprocess.Popen(
        [sys.executable, "-c", ENSURE + "sys.stdout.flush(); sys.stdin.read()", str(home), "1"],
        cwd=services.PROJECT,
        env=clean_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        database_url, _ = json.loads(user.stdout.readline())
        assert not machine.wait_until(lambda: not locks.occupant(home / services.KEEPER), seconds=4)
        assert query(database_url, "SELECT 1") == [(1,)]
    finally:
        user.kill()
        user.communicate()
    assert machine.wait_until(lambda: not locks.occupant(home / services.KEEPER), seconds=20)
    assert Postgres(home)._postmaster() == 0
    assert Valkey(home)._pid() == 0


def test_deleting_the_folder_by_hand_ends_its_servers(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    ensure(folder)
    cluster = Postgres(folder)
    broker, keeper = Valkey(folder)._pid(), locks.occupant(folder / services.KEEPER)
    assert broker
    time.sleep(2)  # the keeper looks every second
    shutil.rmtree(folder)
    assert machine.wait_until(lambda: not machine.command_of(keeper), seconds=20)
    assert not machine.command_of(broker)
    cluster.wipe()


def test_wiping_leaves_neither_a_process_nor_a_file(tmp_path: Path) -> None:
    home = tmp_path / "data"
    services.wipe(home)  # nothing there yet: nothing to do
    pids, roots = [], []
    for folder in (home, home / services.TEST):
        ensure(folder)
        cluster = Postgres(folder)
        roots.append(cluster.root)
        pids += [cluster._postmaster(), Valkey(folder)._pid(), locks.occupant(folder / services.KEEPER)]
    assert all(pids)
    services.wipe(home)
    assert [path for path in (home, *roots) if path.exists()] == []
    assert [machine.command_of(pid) for pid in pids] == [""] * 6


@pytest.mark.skipif(os.geteuid() != 0, reason="only root keeps the cluster outside a closed data folder")
def test_a_data_folder_that_was_deleted_by_hand_begins_anew(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    database_url, _ = ensure(folder)
    broker = Valkey(folder)._pid()
    time.sleep(2)  # the keeper looks every second
    shutil.rmtree(folder)
    again, _ = ensure(folder)
    assert machine.wait_until(lambda: not machine.command_of(broker), seconds=20)
    assert urlsplit(again).password != urlsplit(database_url).password
    assert query(again, "SELECT 1") == [(1,)]
    services.wipe(folder)


def test_a_folder_that_cannot_be_made_is_named_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(services.Unavailable, match=r"file/data cannot be created .* set LOUPE_HOME"):
        services._prepared(tmp_path / "file" / "data")
