"""Backups: sealed, closed to others, the number of days that certificates state, and what comes out of one is the shop."""

from __future__ import annotations

import io
import subprocess
import tarfile
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from dev.postgres import client_tool
from privacy import tasks
from privacy.models import Subject
from privacy.proof import signing
from privacy.rights import backups
from privacy.tests.people import NOON, someone

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
FORTNIGHT = 14


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.LOUPE_BACKUPS, settings.LOUPE_BACKUP_DAYS = tmp_path / "backups", FORTNIGHT
    settings.LOUPE_PG_DUMP, settings.MEDIA_ROOT = str(client_tool("pg_dump")), tmp_path / "media"
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "ring.jpg").write_bytes(b"a picture")
    return tmp_path / "backups"


@pytest.fixture
def hasty(monkeypatch):
    """The program writes nothing; only which files there are matters."""
    monkeypatch.setattr(backups, "_dump", lambda into: None)


def ages(at: datetime) -> list[tuple[str, timedelta]]:
    return [(each.kind, at - each.made_at) for each in backups.every()]


@pytest.mark.django_db(transaction=True)
@pytest.mark.promise("JH-31")
def test_what_comes_out_of_a_backup_is_the_database_and_the_files(folder, tmp_path):
    alice = someone("alice")
    made = {each.kind: each for each in backups.run(at=NOON)}
    dump = tmp_path / "backup.dump"
    dump.write_bytes(b"".join(backups.read(made["dump"])))
    rows = subprocess.run(
        [client_tool("pg_restore"), "--data-only", "--table=privacy_subject", "--file=-", dump],
        capture_output=True, check=True, text=True, timeout=60,
    ).stdout  # fmt: skip
    assert str(alice.subject.pk) in rows
    with closing(tarfile.open(fileobj=io.BytesIO(b"".join(backups.read(made["media.tar"]))))) as tar:
        assert tar.extractfile("media/ring.jpg").read() == b"a picture"
    for each in made.values():
        assert each.path.stat().st_mode & 0o777 == 0o600
        assert str(alice.subject.pk).encode() not in each.path.read_bytes()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert Subject.objects.filter(pk=alice.subject.pk).exists()


@pytest.mark.promise("JH-31")
def test_of_the_last_day_all_stay_of_each_day_before_the_first_and_none_outlives_its_days(hasty):
    hours = 17 * 24
    for hour in range(hours - 1):
        made_at = NOON + hour * HOUR
        name = f"loupe-{made_at:%Y%m%dT%H%M%SZ}"
        (backups.folder() / f"{name}.dump.sealed").touch()
        if hour % 24 == 12:
            (backups.folder() / f"{name}.media.tar.sealed").touch()
            backups.thin_out(at=made_at)
    at = NOON + (hours - 1) * HOUR
    backups.run(at=at)
    found = [age for kind, age in ages(at) if kind == "dump"]
    assert [age for age in found if age < timedelta(days=1)] == [HOUR * hour for hour in range(23, -1, -1)]
    assert len([age for age in found if age >= timedelta(days=1)]) == FORTNIGHT - 1
    assert max(found) < timedelta(days=FORTNIGHT) - backups.EARLY
    assert len([age for kind, age in ages(at) if kind == "media.tar"]) == FORTNIGHT
    assert backups.thin_out(at=at) == 0
    assert backups.amiss(at) == 0


@pytest.mark.promise("JH-31")
def test_the_hourly_task_makes_one_where_the_shop_makes_its_own(hasty, settings):
    timetable = settings.CELERY_BEAT_SCHEDULE["a backup"]
    assert (timetable["task"], timetable["schedule"].minute, len(timetable["schedule"].hour)) == (
        tasks.back_up.name,
        {19},
        24,
    )
    tasks.back_up()
    assert len(backups.every()) == 2
    settings.LOUPE_BACKUPS, settings.LOUPE_HOME = None, settings.LOUPE_BACKUPS.parent / "home"
    tasks.back_up()
    assert backups.every() == []


@pytest.mark.promise("JH-31")
def test_what_is_missed_or_too_old_is_counted(hasty, folder, settings):
    assert backups.amiss(NOON) == 1, "none was made yet"
    backups.run(at=NOON)
    assert [backups.amiss(NOON + 2 * HOUR), backups.amiss(NOON + 4 * HOUR)] == [0, 1]
    assert backups.amiss(NOON + timedelta(days=FORTNIGHT, hours=1)) == 3, "both files, and none since"
    settings.LOUPE_BACKUPS = None
    settings.LOUPE_HOME = folder.parent / "home"
    assert backups.amiss(NOON) == 0


def test_the_days_are_those_that_a_certificate_states(settings):
    from privacy.proof import certificates  # beside its use, since the name says what is compared

    class Facts:
        request_reference = shop_name = ""
        received_at = approved_at = NOON
        erased = retained = processors = legal_holds = ()
        coverage: dict[str, str] = {}

    said = certificates._document("ERA-X", Facts(), NOON)["backups"]
    assert said == {"oldest_days": FORTNIGHT, "gone_by": "2026-11-16"}
    assert backups._days() == timedelta(days=said["oldest_days"])
    assert signing.key_id()


@pytest.mark.parametrize("program", ["/nowhere/pg_dump", "/bin/false"])
def test_where_the_program_fails_there_is_no_backup_and_it_is_said(settings, program):
    settings.LOUPE_PG_DUMP = program
    with pytest.raises(CommandError, match="No backup was made: "):
        call_command("backup", apply=True)
    assert backups.every() == []
    assert list(Path(settings.LOUPE_BACKUPS).iterdir()) == []


def test_the_command_lists_and_reads_and_makes_one_only_when_told(hasty, capsys):
    call_command("backup")
    assert (capsys.readouterr().out, backups.every()) == ("", [])
    call_command("backup", apply=True)
    assert capsys.readouterr().out.count(".sealed") == 2
    with pytest.raises(CommandError, match="There is no backup called x"):
        call_command("backup", read="x")
