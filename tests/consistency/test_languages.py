"""Every letter in every language: whole, and with no sentence left in English."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest
from django.conf import settings
from django.template.base import Lexer, TokenType
from django.template.loader import render_to_string
from django.utils import translation

from dev import messages
from privacy.messages import previews
from privacy.messages.kinds import KINDS
from privacy.messages.outbox import frame
from privacy.messages.previews import Letter
from tests.consistency.test_mails import BY_TEXT, SHOWN, TEMPLATES

pytestmark = pytest.mark.xdist_group("letters in other languages")  # written once, not by every worker
AT = datetime(2026, 11, 2, 12, 0, 0, 321, tzinfo=UTC)
OTHERS = [code for code, _ in settings.LANGUAGES[1:]]
#: What is the same in every language: the shop's name and numbers, and the words that end texts.
NO_WORDS = re.compile(r"<style>.*?</style>|<[^>]+>|&\w+;|\bUTC\b|\bcid:|/\w+/", re.S)


def pieces(sentence: str) -> list[str]:
    """The longest part of a sentence that stands between what it leaves open; nothing where that is too short to mean anything."""
    longest = max(re.split(r"%\(\w+\)[sd]|\{\w+\}|</?strong>", sentence), key=len).strip()
    return [longest] if len(longest) > 11 and " " in longest else []


def english() -> set[str]:
    """What only stands in an English letter."""
    ids = [message.id for message in messages.gathered() if message.id]
    return {each for words in ids for form in ([words] if isinstance(words, str) else words) for each in pieces(form)}


@pytest.fixture(scope="module")
def letters(django_db_setup, django_db_blocker) -> dict[str, dict[str, Letter]]:
    """Every letter that can be shown, in every language but English."""
    with django_db_blocker.unblock():
        return {
            code: {each.kind.name: each for each in previews.letters(SHOWN, language=code, at=AT)} for code in OTHERS
        }


def test_every_language_that_is_offered_has_its_sentences():
    assert OTHERS == messages.languages() == ["de"]


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_is_translated_and_compiled(language):
    """`make messages` gathers what is new; the translation is written into the .po, then `make messages` compiles it."""
    assert list(messages.faults(language)) == []


def test_a_letter_says_nothing_that_cannot_be_translated():
    """In the templates every word stands in {% translate %} or {% blocktranslate %}."""
    bare = {}
    for path in sorted(TEMPLATES.rglob("*")):
        if path.suffix in (".txt", ".html") and (words := _bare_words(path)):
            bare[str(path.relative_to(TEMPLATES))] = words
    assert bare == {}


def _bare_words(path: Path) -> list[str]:
    said, inside = [], False
    for token in Lexer(path.read_text()).tokenize():
        if token.token_type == TokenType.BLOCK and token.contents.split()[0] in ("blocktranslate", "endblocktranslate"):
            inside = not token.contents.startswith("end")
        elif token.token_type == TokenType.TEXT and not inside:
            said.append(token.contents)
        elif token.token_type == TokenType.VAR:
            said.append("<>")
    return re.findall(r"[A-Za-z]{2,}", NO_WORDS.sub(" ", "\0".join(said).replace("\0<>\0", " ").replace("\0", "")))


@pytest.mark.parametrize("name", SHOWN)
@pytest.mark.parametrize("language", OTHERS)
def test_no_sentence_of_a_letter_is_left_in_english(letters, language, name):
    mail = letters[language][name]
    assert f'<html lang="{language}">' in mail.html
    for part in (mail.title, mail.text, unescape(previews.words(mail.html))):
        assert part.strip()
        assert [words for words in ENGLISH if words in part] == []
        assert re.findall(r"\{\{|\{%|%\(|None|\n{4,}", part) == []
        assert "!" not in part


ENGLISH = english()


@pytest.mark.parametrize("name", BY_TEXT)
@pytest.mark.parametrize("language", OTHERS)
def test_no_text_message_is_left_in_english(language, name):
    with translation.override(language):
        said = render_to_string(f"{KINDS[name].template}.sms.txt", frame() | {"reference": "LP-7F3K-92QD"})
    assert [words for words in ENGLISH if words in said] == []


def test_what_is_left_in_english_is_found():
    assert "Somebody has to sign for it. The box outside says nothing about what is in it." in ENGLISH
    assert "goes back to the card you paid with, usually within five working days." in ENGLISH


@pytest.mark.django_db
def test_days_hours_countries_and_money_are_written_as_the_language_writes_them():
    english, german = (previews.letter("orders.order_confirmed", language=code, at=AT).text for code in ("en", "de"))
    assert re.search(r"\d{1,2} [A-Z][a-z]+ 20\d\d", english)
    assert re.search(r"\d{1,2}\. [A-Z][a-zä]+ 20\d\d", german)
    assert "United States" in english
    assert "Vereinigte Staaten" in german
    assert re.search(r"Total: \$[\d,]+\.\d\d", english)
    assert re.search(r"Gesamtbetrag: [\d.]+,\d\d\xa0\$", german)
