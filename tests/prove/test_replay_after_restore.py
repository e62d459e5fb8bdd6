"""A backup is restored under a real server and a real worker: both refuse, the erasures are repeated, and the shop opens."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone
from psycopg2 import sql

from dev import machine
from dev.postgres import client_tool
from dev.processes import Processes, Program, listens
from dev.programs import web_command
from dev.services import PROJECT
from privacy.models import Certificate, DataRequest
from privacy.proof import chain
from privacy.rights import erasure, requests
from privacy.tests.people import Someone, asks, someone
from shop.celery import app
from tests.prove.test_dump_and_restore import url_of

NAME = "loupe_replayed"
SECONDS = 60
LINE_OF_BOB = "99 Bobtoken Avenue"


@dataclass(frozen=True)
class Backup:
    """A dump in a file, and the database it is restored to."""

    file: Path

    def restore(self) -> None:
        _drop()
        with closing(psycopg2.connect(url_of("postgres"))) as admin:
            admin.autocommit = True
            with admin.cursor() as cursor:
                cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))
        _run(client_tool("pg_restore"), "--no-owner", "--exit-on-error", f"--dbname={url_of(NAME)}", self.file)

    def asked(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """What the restored database answers; an INSERT with RETURNING stays."""
        with closing(psycopg2.connect(url_of(NAME))) as found, found, found.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall()

    def text(self) -> str:
        """Every value of the restored database."""
        dump = _run(client_tool("pg_dump"), "--data-only", "--inserts", "--no-owner", url_of(NAME)).decode()
        return "\n".join(line for line in dump.splitlines() if not line.startswith("\\"))  # a word of its own each time


def _run(*command: object) -> bytes:
    return subprocess.run([str(part) for part in command], capture_output=True, check=True, timeout=120).stdout


def _drop() -> None:
    with closing(psycopg2.connect(url_of("postgres"))) as admin:
        admin.autocommit = True
        with admin.cursor() as cursor:
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(NAME)))


@pytest.fixture
def backup(tmp_path: Path) -> Iterator[Backup]:
    """Dumps the test database when asked for; drops what was restored."""
    yield Backup(tmp_path / "backup.dump")
    _drop()


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Processes]:
    """A web server and a worker of the restored database; started by the test, ended here."""
    environment = {**os.environ, "DATABASE_URL": url_of(NAME), "DJANGO_SETTINGS_MODULE": "shop.settings"}
    with Processes(logs=tmp_path / "logs", environment=environment, folder=PROJECT) as found:
        yield found


def manage(programs: Processes, *arguments: str, code: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=PROJECT, env=programs.environment, timeout=SECONDS,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def answer(port: int, path: str) -> tuple[int, str]:
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as http:
        http.request("GET", path)
        response = http.getresponse()
        return response.status, response.read().decode()


def address_of(person: Someone, line: str) -> Any:
    return apps.get_model("accounts.Address").objects.create(
        user=person.user, full_name="", line1=line, city="", postal_code="10012", country="US",
        created_at=timezone.now(),
    )  # fmt: skip


@pytest.mark.prove
@pytest.mark.django_db(transaction=True)
def test_a_restored_backup_is_not_shown_until_its_erasures_are_repeated(backup, programs, settings, record_property):
    """Dump, erase, restore: server and worker refuse; replay: Alice is gone again, Bob and a row on a recycled key stay."""
    settings.LOUPE_ERASURE_GRACE = timedelta(hours=24)
    before, after = timezone.now() - timedelta(days=3), timezone.now() - timedelta(days=1)
    alice, bob = someone("alice"), someone("bob")
    request = asks(alice, at=before)
    his_copy = asks(bob, "access", at=before)
    assert chain.bind(at=before)
    _run(
        client_tool("pg_dump"),
        "--format=custom",
        "--no-owner",
        f"--file={backup.file}",
        url_of(connection.settings_dict["NAME"]),
    )

    hers_after_the_backup = address_of(alice, "1 Aliceafter Lane")
    requests.approve(request, by="staff:3", at=before)
    done = erasure.execute(request.pk, by="system:worker", at=after)
    assert done is not None
    assert done.state == "completed"
    first_certificate = Certificate.objects.get().reference
    assert chain.bind(at=after)

    # The backup is restored. Its sequences go back, so a number of hers is given out again: to Bob.
    backup.restore()
    [(recycled,)] = backup.asked(
        "INSERT INTO accounts_address (user_id, full_name, line1, line2, city, region, postal_code, country, phone,"
        " is_default_shipping, created_at)"
        " VALUES (%s, '', %s, '', '', '', '10012', 'US', '', false, now()) RETURNING id",
        bob.user.pk, LINE_OF_BOB,
    )  # fmt: skip
    assert recycled == hers_after_the_backup.pk
    everything = backup.text()
    assert all(word in everything for word in (*alice.words, *bob.words))
    of_bob = [line for line in everything.splitlines() if any(word in line for word in (*bob.words, LINE_OF_BOB))]

    # Server and worker start, and refuse.
    port = machine.free_port()
    web = Program(name="web", command=web_command(port), answers=lambda: listens(port))
    queue = f"prove-{port}"
    worker = Program(
        name="worker",
        command=(
            sys.executable,
            "-m",
            "celery",
            "--app=shop",
            "worker",
            "--concurrency=1",
            f"--queues={queue}",
            "--loglevel=INFO",
        ),
        says=" ready.",
    )
    programs.start_all([web, worker])
    programs.wait_for_all([web, worker], seconds=SECONDS)
    for path in ("/", "/account/", "/healthz", "/api/v1/products/", "/privacy/"):
        status, page = answer(port, path)
        assert (status, "replay_erasures --apply" in page) == (503, True), path
    assert answer(port, "/static/css/tokens.css")[0] == 200
    app.send_task("privacy.tasks.sweep_requests", queue=queue)
    assert machine.wait_until(lambda: "task.refused" in programs.log("worker").read_text(), seconds=SECONDS)
    assert backup.asked("SELECT state FROM privacy_datarequest WHERE id = %s", str(his_copy.pk)) == [("verified",)]

    assert "batch 2 stands in the ledger otherwise" in manage(programs, "check_audit_chain", code=1)

    # Dry it changes nothing; applied it erases her again.
    said = manage(programs, "replay_erasures")
    assert f"{request.reference}  person {alice.subject.pk}" in said
    assert "request verified" in said
    assert backup.text() == everything
    assert answer(port, "/")[0] == 503
    manage(programs, "replay_erasures", "--apply")

    left = backup.text()
    assert [word for word in (*alice.words, "Aliceafter") if word in left] == []
    assert [line for line in of_bob if line not in left] == []
    assert backup.asked("SELECT line1 FROM accounts_address WHERE id = %s", recycled) == [(LINE_OF_BOB,)]
    assert backup.asked("SELECT state FROM privacy_datarequest WHERE id = %s", str(request.pk)) == [("completed",)]
    [(reference, canonical)] = backup.asked("SELECT reference, canonical FROM privacy_certificate")
    assert json.loads(canonical)["request"] == request.reference
    assert reference != first_certificate
    assert backup.asked("SELECT count(*) FROM privacy_message WHERE kind = 'privacy.erased'") == [(0,)]

    # The shop opens by itself, the worker goes on, and the chain holds.
    assert answer(port, "/healthz")[0] == 200
    assert answer(port, "/privacy/")[0] == 200
    app.send_task("privacy.tasks.sweep_requests", queue=queue)
    is_made = "SELECT 1 FROM privacy_datarequest WHERE id = %s AND state = 'completed'"
    assert machine.wait_until(lambda: backup.asked(is_made, str(his_copy.pk)) == [(1,)], seconds=SECONDS)
    app.send_task("privacy.tasks.bind_audit_events", queue=queue)
    newest = "SELECT max(no) FROM privacy_auditbatch"
    assert machine.wait_until(lambda: backup.asked(newest) == [(2,)], seconds=SECONDS)
    assert manage(programs, "check_audit_chain").startswith("Whole: ")
    assert DataRequest.objects.get(pk=request.pk).reference == request.reference
    record_property("rows compared of Bob", len(of_bob))
