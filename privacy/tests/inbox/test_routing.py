"""Where a mail goes, read from its bytes: the corpus, and what must never be read into one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.messages import automatic, letters, routing
from privacy.messages.routing import Route
from privacy.tests.inbox.mails import ALICE, CORPUS, GERMAN, Case, mail

OURS = {"privacy@janeellen.example"}


def route_of(raw: bytes) -> str:
    letter = letters.read(raw)
    if automatic.why_ignored(letter, ours={"janeellen.example"}, our_addresses=OURS):
        return Route.AUTOMATIC
    return routing.direct(letter, labels=("Privacy Inquiry", "Data Request")).route


def test_the_corpus_is_large_and_knows_every_route():
    assert len(CORPUS) >= 100
    assert {case.route for case in CORPUS} == set(Route.values)


@pytest.mark.promise("JE-135")
@pytest.mark.parametrize("case", CORPUS, ids=[f"{number:03}-{case.route}" for number, case in enumerate(CORPUS)])
def test_a_mail_goes_where_it_belongs(case: Case):
    assert route_of(case.raw) == case.route


@pytest.mark.promise("JE-135")
def test_a_german_mail_goes_where_it_belongs():
    wanted = [(case.subject, case.text, case.route) for case in GERMAN]
    assert [(case.subject, case.text, route_of(case.raw)) for case in GERMAN] == wanted
    assert {case.route for case in GERMAN} >= set(Route.values) - {Route.FOLLOW_UP}


@pytest.mark.parametrize(
    "word",
    ["STOP", "Quit", "end.", "REVOKE", "Opt Out", "opt-out", "CANCEL", "Unsubscribe", "STOPP", "Abmelden", "Ende"],
)
def test_a_word_that_ends_texts_ends_mails_where_it_stands_alone(word):
    alone = [
        mail(word, ""),
        mail(f"Re: {word}", "\n"),
        mail("Re: New rings", f"{word}\n"),
        mail("", f"{word}\n> Look.\n"),
    ]
    assert [route_of(raw) for raw in alone] == [Route.UNSUBSCRIBE] * 4


BELOW = (
    "Sent from my iPhone",
    "Von meinem iPhone gesendet",
    "Get Outlook for iOS<https://mail.example/app>",
    "Thanks",
    "Thank you!\nAlice Smith",
    "Best regards,\n\nAlice Smith\nSent from my Galaxy",
    "Merci, Alice",
    "Mit freundlichen Grüßen\nAlice",
)


@pytest.mark.parametrize("word", ["STOP", "Quit", "END", "revoke", "Opt out", "Cancel", "unsubscribe"])
def test_what_a_telephone_and_good_manners_put_below_the_word_says_nothing(word):
    polite = [
        given for below in BELOW for given in (mail(word, f"{below}\n"), mail("Re: Rings", f"{word}\n\n{below}\n"))
    ]
    assert {route_of(raw) for raw in polite} == {Route.UNSUBSCRIBE}


@pytest.mark.parametrize(
    "text",
    [
        "Thanks\nMy ring is broken.\nCan you mend it?\nIt was a present.\nAlice",
        "Thanks for the ring, it fits.",
        "Sent from my iPhone\nWhere is my parcel?",
        "Thanks\nThe order LP-7F3K-92QD",
        "Thanks, 2 of them",
    ],
)
def test_a_farewell_hides_nothing_that_somebody_says_below_it(text):
    assert route_of(mail("Cancel", text)) == Route.ORDINARY


def test_a_data_request_that_only_a_telephone_signed_has_no_text():
    assert route_of(mail("Data Request", "Sent from my iPhone\n")) == Route.ACCESS


@pytest.mark.parametrize("word", ["Cancel", "End", "Revoke", "Quit", "Ende", "Beenden"])
def test_where_it_may_mean_something_else_a_person_reads_it(word):
    assert route_of(mail(word, "The order of yesterday, if you can.")) == Route.ORDINARY
    assert route_of(mail("Re: Your order LP-7F3K-92QD", f"{word}\n")) == Route.FOLLOW_UP


@pytest.mark.parametrize("word", ["Widerruf", "Widerrufen", "Kündigung", "Stornieren"])
def test_a_german_word_that_may_end_an_order_is_read_by_a_person(word):
    assert {route_of(mail(word, "")), route_of(mail("Re: Neue Ringe", f"{word}\n"))} == {Route.ORDINARY}


def test_a_profile_adds_labels_of_its_own():
    letter = letters.read(mail("Re: Datenfrage: bitte"))
    assert routing.direct(letter).route == Route.ORDINARY
    assert routing.direct(letter, labels=["Datenfrage"]).route == Route.INQUIRY


def test_a_reference_of_ours_is_noted():
    letter = letters.read(mail("Aw: your request dsr-7f3k-92qd"))
    assert routing.direct(letter).about == "DSR-7F3K-92QD"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("alice@example.com", "alice@example.com"),
        ("Alice A. <Alice@Example.com>", "alice@example.com"),
        ('"bob@example.com" <alice@example.com>', "alice@example.com"),
        ("alice@example.com (Alice)", "alice@example.com"),
        ("alice@example.com, bob@example.com", ""),
        ("Alice <alice@example.com>, Bob <bob@example.com>", ""),
        ("<alice@example.com> <bob@example.com>", ""),
        ("alice@example.com <", ""),
        ("undisclosed-recipients:;", ""),
        ("", ""),
    ],
)
def test_the_sender_is_one_address_or_nobody(given, expected):
    assert letters.read(f"From: {given}\r\n\r\nHello".encode()).sender == expected


def test_two_from_headers_are_nobody():
    raw = b"From: alice@example.com\r\nFrom: bob@example.com\r\n\r\nHello"
    assert letters.read(raw).sender == ""


def test_what_is_enclosed_is_named_and_left_out():
    letter = letters.read(mail("Hello", "See the file.", files={"card 4111.pdf": b"%PDF secret words"}))
    assert [(each.name, each.kind) for each in letter.enclosed] == [("card 4111.pdf", "application/pdf")]
    assert "secret" not in letter.text
    assert letter.text.strip() == "See the file."


def test_the_same_mail_by_another_way_is_the_same():
    raw = mail("Hello", "Words")
    again = b"Received: from mx2.example by mx.example; Mon, 2 Nov 2026 12:00:00 +0000\r\n" + raw
    assert letters.read(raw).digest == letters.read(again).digest
    assert letters.read(raw).digest != letters.read(mail("Hello", "Other words")).digest
    assert letters.read(raw).envelope == letters.read(mail("Hello", "Other words")).envelope


@given(st.binary(max_size=400))
def test_no_bytes_are_too_strange(raw: bytes):
    letter = letters.read(b"From: alice@example.com\r\nContent-Type: multipart/mixed; boundary=x\r\n" + raw)
    automatic.why_ignored(letter, our_addresses=OURS)
    assert routing.direct(letter).route in Route


def test_a_mail_of_hundreds_of_layers_is_read_to_its_end():
    raw = b"From: alice@example.com\r\nSubject: Data Request\r\n"
    for layer in range(300):
        raw += f'Content-Type: multipart/mixed; boundary="b{layer}"\r\n\r\n--b{layer}\r\n'.encode()
    letter = letters.read(raw + b"\r\nHello")
    assert (letter.sender, letter.subject) == (ALICE, "Data Request")
