"""A backup restored elsewhere is the same shop: rows, constraints, the trail that refuses changes, and certificates that verify."""

import os
import subprocess
from contextlib import closing
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest
from django.db import connection
from psycopg2 import sql

from dev.postgres import client_tool
from orders.tests.conftest import bag_of
from orders.tests.parcels import ALICES, delivered, erase
from privacy.models import Certificate
from privacy.proof import certificates

NAME = "loupe_restored"


def url_of(database: str) -> str:
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database}"))


def counts(database: str) -> dict[str, int]:
    """Rows of each table of the shop."""
    with closing(psycopg2.connect(url_of(database))) as found, found.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        tables = [table for (table,) in cursor.fetchall()]
        result = {}
        for table in tables:
            cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))
            result[table] = cursor.fetchone()[0]
    return result


@pytest.fixture
def restored():
    """Takes a dump of the test database and restores it under another name; dropped afterwards."""
    here = connection.settings_dict["NAME"]

    def take() -> tuple[dict[str, int], dict[str, int]]:
        with closing(psycopg2.connect(url_of("postgres"))) as admin:
            admin.autocommit = True
            with admin.cursor() as cursor:
                cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(NAME)))
                cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))
        dump = subprocess.run(
            [client_tool("pg_dump"), "--format=custom", "--no-owner", url_of(here)],
            capture_output=True,
            check=True,
            timeout=120,
        )
        subprocess.run(
            [client_tool("pg_restore"), "--no-owner", "--exit-on-error", f"--dbname={url_of(NAME)}"],
            input=dump.stdout, capture_output=True, check=True, timeout=120,
        )  # fmt: skip
        return counts(here), counts(NAME)

    yield take
    with closing(psycopg2.connect(url_of("postgres"))) as admin:
        admin.autocommit = True
        with admin.cursor() as cursor:
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(NAME)))


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.promise("JH-31")
def test_a_restored_backup_is_the_same_shop(buy, necklace, alice, bob, carol, now, restored):
    """Dump, restore: the same rows, an audit trail that still refuses changes, and a certificate that still verifies."""
    delivered(buy(bag_of((necklace, 1)), alice, **ALICES), carol, now)
    assert erase(alice, now).state == "completed"
    before, after = restored()
    assert after == before
    assert before["privacy_certificate"] == 1
    with closing(psycopg2.connect(url_of(NAME))) as found, found.cursor() as cursor:
        with pytest.raises(psycopg2.DatabaseError):
            cursor.execute("UPDATE privacy_auditevent SET actor = 'nobody'")
        found.rollback()
        cursor.execute("SELECT canonical, signature FROM privacy_certificate")
        [(canonical, signature)] = cursor.fetchall()
    issued = Certificate.objects.get()
    assert (canonical, signature) == (issued.canonical, issued.signature)
    assert certificates.verify(Certificate(canonical=canonical, signature=signature)).is_valid
