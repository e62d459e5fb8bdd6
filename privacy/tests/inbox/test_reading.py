"""What is believed of a mail, and what of it is never stored: authentication, card numbers, machines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.messages import authentication, automatic, cards, letters
from privacy.tests.inbox.mails import mail

OURS = "mx.shop.example"
PASS = f"{OURS}; dmarc=pass header.from=example.com"
HONEST = [
    PASS,
    f"{OURS} 1; spf=pass smtp.mailfrom=example.com; dkim=pass (2048-bit key) header.d=example.com header.s=a",
    f"{OURS.upper()}; dkim=pass header.i=@example.com",
    f"{OURS}; dkim=fail header.d=other.example; dmarc=pass (p=reject) header.from=example.com",
]
FORGED = {
    "another server": "mx.evil.example; dmarc=pass header.from=example.com",
    "a server that begins like ours": f"{OURS}.evil.example; dmarc=pass header.from=example.com",
    "another domain": f"{OURS}; dmarc=pass header.from=evil.example",
    "a domain below": f"{OURS}; dkim=pass header.d=evil.example.com",
    "only the envelope": f"{OURS}; spf=pass smtp.mailfrom=alice@example.com",
    "it failed": f"{OURS}; dmarc=fail header.from=example.com",
    "nothing was checked": f"{OURS}; none",
    "a pass in a comment": f"{OURS}; dkim=fail (dmarc=pass header.from=example.com) header.d=example.com",
    "a pass in quotes": f'{OURS}; spf=fail smtp.mailfrom="x; dmarc=pass header.from=example.com; y"@evil.example',
    "a comment that never ends": f"{OURS}; spf=fail (; dmarc=pass header.from=example.com",
    "our name in a comment": f"evil.example ({OURS}); dmarc=pass header.from=example.com",
}


def is_believed(*results: str, sender: str = "alice@example.com") -> bool:
    head = "".join(f"Authentication-Results: {each}\r\n" for each in results)
    return authentication.is_proven(letters.read(f"{head}From: {sender}\r\n\r\nHello".encode()))


@pytest.mark.parametrize("result", HONEST)
def test_our_own_server_is_believed(result, settings):
    settings.LOUPE_AUTHSERV_ID = OURS
    assert is_believed(result)
    assert not is_believed(result, sender="alice@example.org")


@pytest.mark.parametrize("result", FORGED.values(), ids=FORGED)
def test_nobody_else_is(result, settings):
    settings.LOUPE_AUTHSERV_ID = OURS
    assert not is_believed(result)


def test_without_a_name_of_our_own_nothing_is_believed(settings):
    settings.LOUPE_AUTHSERV_ID = ""
    assert not is_believed(PASS)
    assert not is_believed("; dmarc=pass header.from=example.com")


def test_two_words_of_ours_that_disagree_are_none(settings):
    settings.LOUPE_AUTHSERV_ID = OURS
    assert is_believed(PASS, FORGED["another server"])
    assert not is_believed(f"{OURS}; dmarc=fail header.from=example.com", PASS)


def test_a_mail_of_which_only_headers_came_is_not_believed(settings):
    settings.LOUPE_AUTHSERV_ID = OURS
    raw = f"Authentication-Results: {PASS}\r\nFrom: alice@example.com\r\n\r\n".encode()
    assert authentication.is_proven(letters.read(raw))
    assert not authentication.is_proven(letters.read(raw, is_whole=False))


# Card numbers

VISA, AMEX, MASTER = "4111111111111111", "378282246310005", "5555555555554444"
SET_APART = {
    "as it is": (VISA, "••••••••••••1111"),
    "by spaces": ("4111 1111 1111 1111", "•••• •••• •••• 1111"),
    "by dashes": ("4111-1111-1111-1111", "••••-••••-••••-1111"),
    "by dots": ("4111.1111.1111.1111", "••••.••••.••••.1111"),
    "by hard spaces": ("4111\u00a01111\u00a01111\u00a01111", "••••\u00a0••••\u00a0••••\u00a01111"),
    "over two lines": ("4111 1111\n1111 1111", "•••• ••••\n•••• 1111"),
    "over quoted lines": ("> 4111 1111\n> 1111 1111", "> •••• ••••\n> •••• 1111"),
    "digit by digit": (" ".join(AMEX), "• • • • • • • • • • • 0 0 0 5"),
    "in wide digits": ("４１１１ １１１１ １１１１ １１１１", "•••• •••• •••• １１１１"),
    "before its date": ("4111 1111 1111 1111 12/28", "•••• •••• •••• 1111 12/28"),
    "after a phone number": ("+1 212 555 0100 4111 1111 1111 1111", "+1 212 555 0100 •••• •••• •••• 1111"),
    "beside its code": (f"{MASTER}, CVV: 123", "••••••••••••4444, CVV: •••"),
    "two of them": (f"{VISA} or {AMEX}", "••••••••••••1111 or •••••••••••0005"),
}
NO_CARDS = [
    "4111 1111 1111 1112",  # the check digit is wrong
    "Order LP-7F3K-92QD of 2026-11-02, tracking 9405 5036 9930 0000 0000 00",
    "DE89 3704 0044 0532 0130 00",
    "+1 212 555 0188 and +49 30 901820",
    "1234567890123456789012345678901234567890",
    "0000 0000 0000 0000",
    "Call +4915123456787 or +4222222222222.",
]


@pytest.mark.promise("JH-07")
@pytest.mark.parametrize(("given_", "expected"), SET_APART.values(), ids=SET_APART)
def test_a_card_number_is_masked_however_it_is_set_apart(given_, expected):
    covered, found = cards.masked(f"My card: {given_}\nBob")
    assert covered == f"My card: {expected}\nBob"
    assert found == (2 if "or" in given_ else 1)


@pytest.mark.parametrize("text", NO_CARDS)
def test_other_numbers_stay(text):
    assert cards.masked(text) == (text, 0)


def test_every_text_of_a_letter_is_looked_through():
    value = {"subject": VISA, "enclosed": [{"name": f"{AMEX}.pdf", "size": 4111}]}
    assert cards.masked_all(value) == (
        {"subject": "••••••••••••1111", "enclosed": [{"name": "•••••••••••0005.pdf", "size": 4111}]},
        2,
    )


@given(st.lists(st.sampled_from([VISA, AMEX, MASTER]), min_size=1, max_size=4), st.sampled_from(["\n", ", ", " and "]))
def test_nothing_masked_can_be_found_again(numbers, between):
    covered, found = cards.masked(between.join(numbers))
    assert found == len(numbers)
    assert cards.masked(covered) == (covered, 0)


# Machines


def test_a_program_that_wants_no_answer_gets_none_and_its_person_is_read():
    letter = letters.read(mail("Data Request", headers={"X-Auto-Response-Suppress": "DR, OOF, AutoReply"}))
    assert automatic.is_not_to_be_answered(letter)
    assert automatic.why_ignored(letter) == ""
    assert not automatic.is_not_to_be_answered(letters.read(mail("Data Request")))


def test_our_own_mail_that_comes_back_is_known_by_its_number():
    ours = "<6f1cbb0e-6a6b-4c8e-9c1f-0d5f7c1e2a3b@janeellen.example>"
    letter = letters.read(mail("Hello", message_id=ours))
    assert automatic.why_ignored(letter, ours={"janeellen.example"}) == "our own mail came back"
    assert automatic.why_ignored(letter, ours={"other.example"}) == ""
    by_hand = letters.read(mail("Hello", message_id="<from-carol@janeellen.example>"))
    assert automatic.why_ignored(by_hand, ours={"janeellen.example"}) == ""
