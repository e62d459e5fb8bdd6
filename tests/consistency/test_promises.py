"""The promises against the tests: none is called tested without a test, and no marker names a promise that does not exist."""

from importlib.util import find_spec

import pytest

from privacy.proof import markers, probes, promises
from privacy.proof.promises import Status
from privacy.register import profiles

PROMISES = promises.register().promises


def test_there_are_301_of_them_and_each_shop_has_its_own():
    assert len(PROMISES) == 301
    shops = {slug: profiles.named(slug) for slug in profiles.slugs()}
    assert {slug: len(promises.of_profile(shop)) for slug, shop in shops.items()} == {
        "jane_ellen": 143,
        "jen_hansen": 42,
        "jessies_selection": 46,
        "jskeuc": 52,
        "selenegleam": 18,
    }


def test_a_tested_promise_has_a_test():
    shown = markers.by_promise()
    assert [id_ for id_, each in PROMISES.items() if each.status is Status.TESTED and id_ not in shown] == []


def test_a_marker_names_a_promise():
    assert markers.by_promise().keys() - PROMISES.keys() == set()


def test_a_measured_promise_has_a_probe_that_exists():
    without = [id_ for id_, each in PROMISES.items() if each.status is Status.PROBED and not each.probe]
    unknown = {id_: each.probe for id_, each in PROMISES.items() if each.probe and each.probe not in probes.PROBES}
    assert (without, unknown) == ([], {})


def test_every_probe_serves_a_promise():
    assert probes.PROBES.keys() - {each.probe for each in PROMISES.values()} == set()


def test_the_planned_ones_do_not_become_more():
    planned = promises.counted(PROMISES.values())[Status.PLANNED]
    assert planned <= promises.register().planned_at_most, "a promise fell back to planned, or the ceiling was lowered"


def test_what_keeps_a_promise_is_a_module():
    assert {id_: each.kept_by for id_, each in PROMISES.items() if each.kept_by and not find_spec(each.kept_by)} == {}


def test_an_override_names_its_rule():
    named = ("GDPR", "ePrivacy", "CFR", "CCR", "Cal. Civ. Code", "CNIL")
    assert [
        id_ for id_, each in PROMISES.items() if each.override and not any(law in each.override for law in named)
    ] == []


def test_no_two_promises_of_a_shop_say_the_same():
    for slug in profiles.slugs():
        words = [each.words for each in promises.of_profile(profiles.named(slug))]
        assert sorted(words) == sorted(set(words))


@pytest.fixture(scope="session")
def collected(request: pytest.FixtureRequest) -> set[tuple[str, str, str]]:
    """Every marker pytest itself sees on the tests of this run: id, file, test."""
    return {
        (str(id_), str(item.path.relative_to(request.config.rootpath)), item.originalname)
        for item in request.session.items
        if isinstance(item, pytest.Function) and not any(item.iter_markers("skip"))
        for mark in item.iter_markers("promise")
        for id_ in mark.args
    }


@pytest.mark.promise("JS-45")
def test_reading_the_files_finds_what_pytest_finds(collected: set[tuple[str, str, str]]):
    read = {(id_, test.path, test.name) for id_, tests in markers.by_promise().items() for test in tests}
    assert len(collected) > 0
    assert collected - read == set()
