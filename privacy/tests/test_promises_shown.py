"""The promises on their page and in the command: each with what shows it, and a figure that is wrong shown as wrong."""

from __future__ import annotations

import io
import json
import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from privacy.proof import markers, promises
from privacy.proof.promises import Status
from privacy.register import profiles, subjects
from privacy.rights.models import DataRequest
from privacy.tests.people import NOON, asks, someone
from privacy.views import promises as page_of_promises


@pytest.fixture(autouse=True)
def _nothing_remembered(settings):
    settings.PAGE_CACHE_SECONDS = 0
    cache.clear()
    yield
    cache.clear()


def read(path="/privacy/promises/"):
    answer = Client().get(path)
    assert answer.status_code == 200
    assert not answer.cookies
    return answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("slug", profiles.slugs())
def test_the_page_shows_each_promise_of_the_shop_one_is_in_and_no_other(settings, slug):
    settings.LOUPE_POLICY = slug
    shop = profiles.current()
    page = read()
    own = promises.of_profile(shop)
    assert re.findall(r'<li class="promise" id="([^"]+)">', page) == [
        standing.promise.id
        for _theme, standings in page_of_promises.chapters(promises.standing(own, {}))
        for standing in standings
    ]
    assert len(own) == promises.HOW_MANY[shop.promises]
    assert f"makes {len(own)} promises" in page
    assert page.index(f'<span aria-current="page">{shop.shop_name.replace(chr(39), "&#x27;")}</span>') > 0


@pytest.mark.django_db
def test_a_promise_says_what_shows_it_what_the_law_asks_and_what_is_counted():
    page = read()
    one = page[page.index('id="JE-95"') : page.index("</li>\n", page.index('id="JE-95"'))]
    promise = promises.register().promises["JE-95"]
    for words in (promise.words, "Tested", "The law asks more:", promise.override, "after the date they were due"):
        assert words in one
    assert "A law can only tighten" in one
    assert "privacy/tests/test_rights_deadlines.py" in one
    assert '<span class="tag tag--good">0</span>' in one


@pytest.mark.django_db
def test_a_figure_that_is_wrong_is_shown_as_wrong():
    request = asks(someone("alice"))
    DataRequest.objects.filter(pk=request.pk).update(due_at=NOON - timedelta(days=400))
    assert '<span class="tag tag--late">1, wrong</span>' in read()


@pytest.mark.django_db
def test_another_shops_promises_have_their_own_address():
    page = read("/privacy/promises/selenegleam/")
    assert 'id="SG-18"' in page
    assert 'id="JE-01"' not in page
    assert Client().get("/privacy/promises/tiffany/").status_code == 404


@pytest.mark.django_db
def test_a_shop_of_ones_own_shows_its_own_promises_only(settings, tmp_path):
    own = tmp_path / "own.toml"
    demo = (profiles.FOLDER / "jane_ellen.toml").read_text()
    own.write_text(demo.replace("demo = true", "demo = false"))
    settings.LOUPE_POLICY = str(own)
    assert "JE-143" in read()
    assert "SeleneGleam" not in read()
    assert Client().get("/privacy/promises/selenegleam/").status_code == 404


@pytest.mark.django_db
def test_a_shop_without_a_list_says_so(settings, tmp_path):
    own = tmp_path / "own.toml"
    own.write_text((profiles.FOLDER / "jane_ellen.toml").read_text().replace('promises = "JE"', ""))
    settings.LOUPE_POLICY = str(own)
    page = read()
    assert "have not been written down" in page
    assert 'class="promise"' not in page


@pytest.mark.django_db
def test_the_page_asks_as_much_for_thirty_people_as_for_one_and_then_nothing(django_assert_max_num_queries):
    markers.by_promise()
    someone("alice")
    with CaptureQueriesContext(connection) as cold:
        read()
    for number in range(30):
        subjects.new(by=f"test:{number}", at=NOON)
    cache.clear()
    with django_assert_max_num_queries(len(cold)):
        read()
    with django_assert_max_num_queries(0):
        read()
        read("/privacy/promises/jskeuc/")


# The command


def command(*arguments):
    out = io.StringIO()
    call_command("promises", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_the_command_prints_one_promise_with_what_shows_it():
    lines = command("--id", "JS-26").splitlines()
    promise = promises.register().promises["JS-26"]
    assert lines[0] == f"JS-26  tested  {promise.words}"
    assert "        kept by privacy.rights.clock" in lines
    assert "        measured: Requests without a first reply in the time promised: 0 (right: 0)" in lines
    shown = [line.strip() for line in lines if "shown by" in line]
    assert "shown by privacy/tests/test_rights_requests.py::test_a_shop_that_promises_48_hours_counts_hours" in shown
    assert lines[-1] == "1 promise: 1 tested, 0 probed, 0 organisational, 0 planned."


@pytest.mark.django_db
def test_the_command_narrows_and_counts():
    every = promises.counted(promises.register().promises.values())
    assert command().splitlines()[-1].startswith("301 promises: ")
    data = json.loads(command("--profile", "selenegleam", "--status", "organisational", "--json"))
    wanted = [each.id for each in promises.register().of("SG") if each.status is Status.ORGANISATIONAL]
    assert [each["id"] for each in data["promises"]] == wanted
    assert data["counts"] == {"tested": 0, "probed": 0, "organisational": len(wanted), "planned": 0}
    assert sum(every.values()) == 301


@pytest.mark.django_db
def test_the_command_ends_with_1_when_a_figure_is_wrong():
    request = asks(someone("alice"))
    DataRequest.objects.filter(pk=request.pk).update(due_at=NOON - timedelta(days=400))
    out = io.StringIO()
    with pytest.raises(CommandError, match=r"^Requests still open after the date they were due: 1\.$") as ended:
        call_command("promises", "--id", "JE-95", "--json", stdout=out)
    assert ended.value.returncode == 1
    figure = json.loads(out.getvalue())["promises"][0]["figure"]
    assert (figure["value"], figure["right"], figure["is_right"]) == (1, 0, False)
    assert "JS-06" in command("--id", "JS-06"), "figures of other promises do not count"


@pytest.mark.django_db
def test_the_command_knows_which_promises_there_are():
    with pytest.raises(CommandError, match=r"^There is no promise JS-47\.$"):
        command("--id", "JS-47")
