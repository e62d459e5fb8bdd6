"""The consent cookie: what it says, how long that counts, and that nothing but our own unaltered word counts at all."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from django.core import signing
from django.http import HttpResponse
from django.test import RequestFactory

from privacy.consent import choice, cookies
from privacy.consent.choice import Category, Choice
from privacy.consent.entries import Entry

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
P, F, T = Category.PERFORMANCE, Category.FUNCTIONALITY, Category.TARGETING
EVERYTHING = frozenset({P, F, T})
UNDECIDED = Choice()


@pytest.fixture(autouse=True)
def _something_of_everything(monkeypatch):
    """A register with one line for each group, so that there is something to choose."""
    asks_for(monkeypatch, P, F, T)


def asks_for(monkeypatch, *categories, purpose="Something."):
    lines = [Entry(f"a_{each}", each, purpose, timedelta(days=30)) for each in (Category.NECESSARY, *categories)]
    monkeypatch.setattr(cookies, "_ours", lambda: lines)
    cookies.book.cache_clear()


@pytest.fixture(autouse=True)
def _real_register_afterwards(monkeypatch):
    yield
    monkeypatch.undo()
    cookies.book.cache_clear()


def request(raw="", **headers):
    made = RequestFactory().get("/", headers=headers)
    if raw:
        made.COOKIES["consent"] = raw
    return made


def later(raw, **passed):
    return choice.read(raw, gpc=False, at=NOON + timedelta(**passed))


def test_what_was_chosen_comes_back():
    chosen = choice.decide({P, T}, before=UNDECIDED, at=NOON)
    assert chosen == Choice(frozenset({P, T}), date(2026, 11, 2), has_refused=True, visitor=chosen.visitor)
    assert isinstance(chosen.visitor, UUID)
    assert later(choice.encoded(chosen)) == chosen
    assert [each for each in Category if chosen.allows(each)] == [Category.NECESSARY, P, T]


def test_a_refusal_carries_no_number():
    refused = choice.decide([], before=UNDECIDED, at=NOON)
    assert refused == Choice(decided_on=date(2026, 11, 2), has_refused=True)
    raw = choice.encoded(refused)
    assert raw == choice.encoded(choice.decide([], before=UNDECIDED, at=NOON)), "two refusals of one day are the same"
    assert raw.split(":")[0] == f"1.{cookies.book().version}.{date(2026, 11, 2).toordinal()}.r."


def test_the_number_goes_with_the_last_thing_that_was_allowed():
    agreed = choice.decide(EVERYTHING, before=UNDECIDED, at=NOON)
    less = choice.decide({F}, before=agreed, at=NOON)
    assert less.visitor == agreed.visitor is not None
    assert choice.decide([], before=less, at=NOON).visitor is None


@pytest.mark.parametrize("place", range(0, 90, 3))
def test_one_altered_byte_is_undecided(place):
    raw = choice.encoded(choice.decide(EVERYTHING, before=UNDECIDED, at=NOON))
    place %= len(raw)
    altered = raw[:place] + chr(ord(raw[place]) ^ 1) + raw[place + 1 :]
    assert later(raw).is_decided
    assert later(altered) == UNDECIDED


@pytest.mark.parametrize(
    "raw",
    ["", "x", "\x00", "é:ß", "1.2.3.4.5", ":" * 100, "a" * 50_000, signing.Signer(salt="bag").sign("1.a.739557.pft.")],
    ids=["nothing", "a letter", "a null", "foreign letters", "unsigned", "colons", "huge", "signed for the bag"],
)
def test_what_is_not_ours_is_undecided(raw):
    assert later(raw) == UNDECIDED


@pytest.mark.parametrize(
    "said", ["2.v.739557.p.", "1.v.739557.p", "1.v.noon.p.", "1.v.99999999999.p.", "1.v.739557.p.xx"]
)
def test_what_we_would_not_write_is_undecided_even_when_signed(said):
    raw = choice._signer().sign(said.replace("v", cookies.book().version))
    assert later(raw) == UNDECIDED


@pytest.mark.parametrize(
    ("allowed", "days", "counts"),
    [
        (EVERYTHING, 183, EVERYTHING),
        (EVERYTHING, 184, None),
        ({P}, 183, {P}),
        ({P}, 184, set()),
        ({P}, 366, set()),
        ({P}, 367, None),
        ((), 366, set()),
        ((), 367, None),
    ],
)
@pytest.mark.promise("JE-60")
def test_agreeing_lapses_after_six_months_and_refusing_after_twelve(allowed, days, counts):
    raw = choice.encoded(choice.decide(allowed, before=UNDECIDED, at=NOON))
    found = later(raw, days=days)
    assert (set(found.allowed) if found.is_decided else None) == (None if counts is None else set(counts))
    assert not (found.visitor and not found.allowed), "nothing allowed, nobody named"


def test_a_choice_of_tomorrow_is_undecided():
    raw = choice.encoded(choice.decide([], before=UNDECIDED, at=NOON + timedelta(days=2)))
    assert later(raw) == UNDECIDED


@pytest.mark.promise("JE-64")
def test_a_changed_register_asks_again(monkeypatch):
    agreed, refused = (choice.encoded(choice.decide(each, before=UNDECIDED, at=NOON)) for each in (EVERYTHING, ()))
    asks_for(monkeypatch, P, F, T, purpose="Something else.")
    assert (later(agreed), later(refused)) == (UNDECIDED, UNDECIDED)


def test_a_changed_register_does_not_undo_an_opt_out(monkeypatch):
    chosen = choice.decide({P}, before=UNDECIDED, opts_out=True, at=NOON)
    raw = choice.encoded(chosen)
    asks_for(monkeypatch, P, T)
    found = later(raw, days=365)
    assert (found.is_decided, found.allowed, found.has_opted_out, found.visitor) == (True, frozenset(), True, None)
    assert later(raw, days=367) == UNDECIDED


def test_a_new_necessary_cookie_asks_nobody(monkeypatch):
    raw = choice.encoded(choice.decide([], before=UNDECIDED, at=NOON))
    ours = [*cookies._ours(), Entry("cart", Category.NECESSARY, "To keep.", timedelta(days=1))]
    monkeypatch.setattr(cookies, "_ours", lambda: ours)
    cookies.book.cache_clear()
    assert later(raw).is_decided


def test_the_link_opts_out_until_targeting_is_allowed_expressly():
    out = choice.decide({P}, before=UNDECIDED, opts_out=True, at=NOON)
    assert later(choice.encoded(out)) == out
    assert out.has_opted_out
    assert choice.decide({P, F}, before=out, at=NOON).has_opted_out
    assert not choice.decide(EVERYTHING, before=out, at=NOON).has_opted_out


@pytest.mark.parametrize("header", ["1", " 1 ", "1,1", "0,1", "1, true"])
@pytest.mark.promise("JE-63", "JH-26", "JK-12")
def test_the_signal_takes_targeting_away(header):
    raw = choice.encoded(choice.decide(EVERYTHING, before=UNDECIDED, at=datetime.now(UTC)))
    made = request(raw, **{"sec-gpc": header, "dnt": "1"})
    found = choice.of(made)
    assert [each for each in Category if found.allows(each)] == [Category.NECESSARY, P, F]
    assert choice.page_key(made) == "pft+gpc"


@pytest.mark.parametrize("header", ["", "0", "true", "11", "1.0", "1;1", "yes", "0,0"])
def test_other_values_are_no_signal(header):
    assert choice.of(request(**{"sec-gpc": header})) == UNDECIDED


def test_who_agrees_to_everything_under_the_signal_has_refused_nothing():
    agreed = choice.decide(EVERYTHING, before=Choice(gpc=True), at=NOON)
    assert (agreed.allowed, agreed.has_refused) == ({P, F}, False)


def test_do_not_track_counts_where_the_policy_says_so(settings):
    settings.LOUPE_POLICY = "jane_ellen"
    assert not choice.of(request(dnt="1")).gpc
    settings.LOUPE_POLICY = "selenegleam"
    assert choice.of(request(dnt="1")).gpc
    assert not choice.of(request(dnt="0")).gpc


def test_the_page_cache_sees_undecided_and_eight_choices_each_with_the_signal_or_without():
    chosen = [
        choice.decide(allowed, before=UNDECIDED, at=NOON)
        for allowed in ((), {P}, {F}, {T}, {P, F}, {P, T}, {F, T}, EVERYTHING)
    ]
    keys = [each.key for each in (UNDECIDED, *chosen)]
    assert keys == ["undecided", "none", "p", "f", "t", "pf", "pt", "ft", "pft"]
    signalling = [choice.read(choice.encoded(each), gpc=True, at=NOON).key for each in chosen]
    assert signalling == [f"{key}+gpc" for key in keys[1:]]


@pytest.mark.parametrize(("allowed", "days"), [(EVERYTHING, 183), ({P}, 366), ((), 366)])
def test_the_cookie_lives_as_long_as_it_counts_and_no_script_reads_it(allowed, days):
    response = HttpResponse()
    choice.write(response, choice.decide(allowed, before=UNDECIDED, at=NOON))
    cookie = response.cookies["consent"]
    assert (cookie["max-age"], cookie["httponly"], cookie["samesite"]) == (days * 86_400, True, "Lax")
    assert len(cookie.value) <= choice.LONGEST


def test_a_decision_asks_no_database(django_assert_num_queries, db):
    raw = choice.encoded(choice.decide(EVERYTHING, before=UNDECIDED, at=NOON))
    with django_assert_num_queries(0):
        choice.of(request(raw))
