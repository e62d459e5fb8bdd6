"""The promises: the file that holds them, the tests that show them, and the figures of the running shop."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from privacy.messages.models import Message
from privacy.proof import markers, probes, promises
from privacy.proof.models import ResidueSweep
from privacy.proof.promises import Malformed, Status, Theme
from privacy.register import profiles, registry
from privacy.rights import holds
from privacy.rights.models import DataRequest
from privacy.tests.people import NOON, asks, someone

ENTRY = '\n[{}]\nwords = "We do."\ntheme = "security"\nstatus = "planned"\n'


@pytest.fixture(autouse=True)
def _nothing_remembered(settings):
    settings.PAGE_CACHE_SECONDS = 0
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def written(tmp_path):
    """Write a whole promises.toml in which one promise reads otherwise, or is missing."""

    def write(id_="", entry="", *, head="planned_at_most = 301\n", more=""):
        file = tmp_path / "promises.toml"
        parts = [ENTRY.format(each) if each != id_ else entry for each in promises.expected()]
        file.write_text(head + "".join(parts) + more)
        return file

    return write


# The file


def test_a_whole_file_is_read(written):
    register = promises.read(written())
    assert len(register.promises) == 301
    assert list(register.promises)[:2] == ["JS-01", "JS-02"]
    assert [promise.id for promise in register.of("SG")][-1] == "SG-18"
    assert register.promises["JE-143"].theme is Theme.SECURITY
    assert promises.counted(register.promises.values())[Status.PLANNED] == 301


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ("", "promises.toml lacks JE-05."),
        ('\n[JE-05]\nwords = "We do."\n', "JE-05 lacks status, theme."),
        (ENTRY.format("JE-05") + 'owner = "us"\n', "JE-05 has owner, which nobody reads."),
        (ENTRY.format("JE-05").replace("planned", "done"), "JE-05 has the status 'done'; there are tested, probed, "),
        (ENTRY.format("JE-05").replace("security", "safety"), "JE-05 has the theme 'safety'; there are collection, "),
        (ENTRY.format("JE-05").replace("We do.", "  "), "JE-05 must be a table of texts, none of them empty."),
        (ENTRY.format("JE-05") + "probe = 3\n", "JE-05 must be a table of texts, none of them empty."),
        (ENTRY.format("JE-05") + ENTRY.format("JE-144"), "JE-144 is no promise of the five policies."),
        (ENTRY.format("JE-05") + ENTRY.format("JE-5"), "JE-5 is no promise of the five policies."),
        (ENTRY.format("JE-05") + ENTRY.format("XX-01"), "XX-01 is no promise of the five policies."),
        (ENTRY.format("JE-05") + ENTRY.format("JE-05"), "promises.toml cannot be read: "),
    ],
)
def test_what_is_wrong_with_a_promise_is_said_with_its_name(written, entry, problem):
    with pytest.raises(Malformed, match=f"^{re.escape(problem)}"):
        promises.read(written("JE-05", entry))


def test_a_promise_that_is_no_table_is_said_with_its_name(written):
    with pytest.raises(Malformed, match=r"^JE-05 must be a table"):
        promises.read(written("JE-05", head='planned_at_most = 301\nJE-05 = "We do."\n'))


@pytest.mark.parametrize("head", ["", 'planned_at_most = "many"\n', "planned_at_most = true\n"])
def test_the_ceiling_is_a_number(written, head):
    with pytest.raises(Malformed, match=r"needs planned_at_most, a whole number"):
        promises.read(written(head=head))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(Malformed, match=r"^nothing.toml cannot be read"):
        promises.read(tmp_path / "nothing.toml")


def test_a_profile_of_ones_own_without_a_list_has_no_promises(tmp_path):
    own = tmp_path / "own.toml"
    own.write_text((profiles.FOLDER / "jane_ellen.toml").read_text().replace('promises = "JE"', ""))
    assert promises.of_profile(profiles.named(str(own))) == []


# The markers


MARKED = '''
import pytest

@pytest.mark.slow
@pytest.mark.promise("JE-05", "JS-26")
def test_the_clock_is_right():
    pass

@pytest.mark.promise("JE-05")
@pytest.mark.skip
def test_that_does_not_run():
    pass

@pytest.mark.parametrize("x", [1, pytest.param(2, marks=pytest.mark.promise("JE-06"))])
async def test_of_one_case(x):
    pass

class TestTogether:
    pytestmark = [pytest.mark.promise("JE-07")]

    @pytest.mark.xfail(reason="not yet")
    def test_that_fails(self):
        pass

    def test_of_a_class(self):
        pass

@pytest.mark.promise("JE-08")
def help_a_test():
    """pytest.mark.promise("JE-09")"""
'''


def marked(tmp_path, text):
    folder = tmp_path / "orders" / "tests"
    folder.mkdir(parents=True)
    (folder / "test_clock.py").write_text(text)
    return {id_: [test.words for test in tests] for id_, tests in markers.by_promise(tmp_path).items()}


def test_markers_are_found_wherever_pytest_would_find_them(tmp_path):
    assert marked(tmp_path, MARKED) == {
        "JE-05": ["The clock is right"],
        "JS-26": ["The clock is right"],
        "JE-06": ["Of one case"],
        "JE-07": ["Of a class"],
    }


def test_a_marker_for_a_whole_file_counts_for_each_of_its_tests(tmp_path):
    text = "pytestmark = pytest.mark.promise('JE-05')\ndef test_one(): ...\ndef test_two(): ...\n"
    assert marked(tmp_path, text) == {"JE-05": ["One", "Two"]}


@pytest.mark.parametrize("arguments", ["", "JE_05", "*IDS", "id='JE-05'", "f'JE-{5:02}'"])
def test_a_marker_nobody_could_find_is_refused(tmp_path, arguments):
    with pytest.raises(markers.Unclear, match=r"^test_clock.py:1: "):
        marked(tmp_path, f"@pytest.mark.promise({arguments})\ndef test_one(): ...\n")


def test_where_the_tests_were_not_shipped_nothing_is_shown(tmp_path):
    assert markers.by_promise(tmp_path) == {}


# The figures


def values(at=NOON):
    return {name: figure.value for name, figure in probes.measure(probes.PROBES, at=at).items()}


@pytest.mark.django_db
def test_an_empty_shop_has_every_figure_right():
    assert [name for name, figure in probes.measure(probes.PROBES, at=NOON).items() if not figure.is_right] == []


@pytest.mark.django_db
def test_time_makes_a_figure_wrong():
    request = asks(someone("alice"))
    someone("bob")
    assert (values(request.due_at)["requests_past_due"], values(request.due_at)["first_replies_past_due"]) == (0, 1)
    late = values(request.due_at + timedelta(seconds=1))
    assert (late["requests_past_due"], late["first_replies_past_due"]) == (1, 1)
    assert (values(NOON + timedelta(minutes=59))["mails_waiting"], late["mails_waiting"]) == (
        0,
        Message.objects.count(),
    )


@pytest.mark.django_db
def test_what_is_left_of_somebody_erased_is_counted():
    alice, _bob = someone("alice"), someone("bob")
    assert values()["identifiers_of_the_erased"] == 0
    type(alice.subject).objects.filter(pk=alice.subject.pk).update(erased_at=NOON)
    assert values()["identifiers_of_the_erased"] == 1


@pytest.mark.django_db
def test_an_erasure_that_ended_without_a_certificate_is_counted():
    request = asks(someone("alice"))
    DataRequest.objects.filter(pk=request.pk).update(state="completed", completed_at=NOON, contact=None)
    assert values()["erasures_without_certificate"] == 1


@pytest.mark.django_db
def test_what_the_last_sweep_met_and_could_not_read_is_counted():
    swept = {"finished_at": NOON, "is_clean": False, "certificates": []}
    found = [{"request": "DSR-2222-2222", "place": "orders.Order.email", "count": 2}]
    make = ResidueSweep.objects.create
    make(reference="RS-2222-2222", started_at=NOON, coverage={"unread": ["redis"]}, findings=found, **swept)
    assert values()["traces_of_the_erased"] == 3
    make(reference="RS-3333-3333", started_at=NOON + timedelta(days=1), coverage={"unread": []}, findings=[], **swept)
    assert values()["traces_of_the_erased"] == 0, "the next one met nothing"


@pytest.mark.django_db
def test_a_hold_that_nobody_looked_at_again_is_counted():
    alice = someone("alice")
    hold = holds.place(
        alice.subject,
        scope=holds.Scope(),
        reason="A claim",
        owner="legal",
        review_on=NOON.date(),
        by="staff:3",
        at=NOON,
    )
    assert values()["holds_past_their_review"] == 0
    assert values(NOON + timedelta(days=1))["holds_past_their_review"] == 1
    holds.release(hold, by="staff:3", at=NOON)
    assert values(NOON + timedelta(days=1))["holds_past_their_review"] == 0


@pytest.mark.django_db
def test_a_question_that_fails_is_unknown_and_harms_no_other(monkeypatch):
    def broken(at):
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM no_such_table")
        return 0

    monkeypatch.setitem(probes.PROBES, "broken", probes.Probe("broken", "Broken", broken))
    monkeypatch.setitem(probes.PROBES, "whole", probes.Probe("whole", "Whole", lambda at: DataRequest.objects.count()))
    figures = probes.measure(["broken", "whole", "nobody's"], at=NOON)
    assert {name: (figure.value, figure.is_right) for name, figure in figures.items()} == {
        "broken": (None, False),
        "whole": (0, True),
    }


@pytest.mark.django_db
def test_the_page_counts_at_most_once_a_minute_and_one_process_at_a_time():
    first = probes.recent(at=NOON)
    with CaptureQueriesContext(connection) as asked:
        again = probes.recent(at=NOON + timedelta(seconds=59))
    assert (len(asked), again) == (0, first)

    a_minute_later = NOON + timedelta(seconds=60)
    cache.add(f"{probes._key()}:turn", True)
    assert probes.recent(at=a_minute_later) == first, "somebody else is counting"
    cache.delete(f"{probes._key()}:turn")
    assert {figure.at for figure in probes.recent(at=a_minute_later).values()} == {a_minute_later}


@pytest.mark.django_db
def test_a_question_that_takes_too_long_is_given_up(monkeypatch):
    def slow(at):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(10)")
        return 0

    monkeypatch.setattr(probes, "LONGEST", "50ms")
    monkeypatch.setitem(probes.PROBES, "slow", probes.Probe("slow", "Slow", slow))
    assert probes.recent(at=NOON)["slow"].value is None


@pytest.mark.django_db
def test_a_row_that_outlived_its_time_by_a_night_is_counted(settings, tmp_path):
    settings.LOUPE_HOME = tmp_path  # log files count too
    bag = apps.get_model("orders.Bag").objects.create(id=uuid4(), created_at=NOON, touched_at=NOON)
    declaration = registry.of("orders.Bag")
    until = declaration.retention.until(bag)
    assert values(until + timedelta(hours=25))["past_their_time"] == 0
    assert values(until + timedelta(hours=27))["past_their_time"] == 1


def test_a_probe_is_declared_once():
    with pytest.raises(probes.DeclaredTwice):
        probes.declare("mails_waiting", "Again", lambda at: 0)
