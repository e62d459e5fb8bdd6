"""Log files are cut once a day while their programs go on writing, and go by the day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from privacy.ground import logfiles
from privacy.rights import retention

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def home(tmp_path, settings):
    settings.LOUPE_HOME = tmp_path
    for folder in logfiles.FOLDERS:
        (tmp_path / folder).mkdir()
    return tmp_path


def names(home: Path) -> list[str]:
    return sorted(file.name for file in (home / "logs").iterdir())


def test_a_log_is_cut_and_its_program_writes_on(home):
    with (home / "logs" / "web.log").open("ab", buffering=0) as program:
        program.write(b"first\n")
        logfiles.cut(home, at=NOON)
        program.write(b"second\n")
        assert (home / "logs" / "web.log").read_bytes() == b"second\n"
        logfiles.cut(home, at=NOON)
        program.write(b"third\n")
    assert (home / "logs" / "web-2026-11-02.log").read_bytes() == b"first\nsecond\n"
    assert names(home) == ["web-2026-11-02.log", "web.log"]


def test_an_empty_log_is_left_alone(home):
    (home / "postgres" / "postgres.log").touch()
    assert logfiles.cut(home, at=NOON) == []


@pytest.mark.promise("JH-08")
@pytest.mark.django_db
def test_every_night_cuts_and_lets_go_of_what_is_too_old(home):
    log = home / "logs" / "web.log"
    for number in range(33):
        log.write_text(f"day {number}\n")
        (line,) = retention.run(apply=True, model=retention.LOG_FILES, by="test", at=NOON + number * DAY)
        assert line.done == (1 if number >= 30 else 0)
    assert len(names(home)) == 31
    assert names(home)[0] == "web-2026-11-05.log"
    assert "day 32" in (home / "logs" / "web-2026-12-04.log").read_text()


@pytest.mark.django_db
def test_counting_cuts_nothing(home):
    (home / "logs" / "web.log").write_text("a line\n")
    (home / "logs" / "web-2020-01-01.log").write_text("an old line\n")
    (line,) = retention.run(apply=False, model=retention.LOG_FILES, by="test", at=NOON)
    assert (line.past_due, line.done) == (1, 0)
    assert names(home) == ["web-2020-01-01.log", "web.log"]
