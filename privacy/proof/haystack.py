"""Find many needles in much text in one pass, however they are spelled and dressed.

Two stages. First, a whole block is reduced to bare letters and digits (case, accents, width, spaces and punctuation gone) and
runs once through an Aho-Corasick automaton of all needles reduced the same way: about a hundred megabytes a second, and a
handful of lines left. A name that thousands share leaves a line only where something else of its own person stands in it too,
as a weak needle counts only then. Then each of those lines is read exactly: an e-mail address must stand alone, a telephone
number must not be the middle of a longer one. Lines that are dressed in escapes, base64 or a seal are undressed first
(`proof.wrappings`).
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import ahocorasick
import phonenumbers

from privacy.proof import wrappings
from privacy.proof.needles import Kind, Needle
from privacy.proof.wrappings import Tally

# Marks that change how a letter looks and not which letter it is; direction and joining signs, which say nothing.
MARKS: Final = re.compile(
    "[\u00ad\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)
NEITHER: Final = re.compile(r"[^\w\t\n]|_")
WORDS: Final = re.compile(r"[\W_]+")
BARE: Final = {code: (chr(code).lower() if chr(code).isalnum() or chr(code) in "\t\n" else None) for code in range(128)}
CLOSED_UP: Final = dict.fromkeys(map(ord, "\t\n"))  # within one value a line's end is a space like any other
BETWEEN_DIGITS: Final = r"[\s().\-/\u2010-\u2015\u00b7]{0,3}"
FILE_TYPES: Final = (
    r"(?:csv|eml|gz|html?|jpe?g|json|log|pdf|png|sealed|txt|xlsx?|xml|zip)\b"  # ends a name, not a domain
)
UNSPACED: Final = re.compile("[\u2e80-\u9fff\uac00-\ud7af\u0e00-\u0eff]")  # scripts that put no space between words

Exact = Callable[[str], bool]


def plain(text: str) -> str:
    """*text* without case, accents, width and invisible signs."""
    if text.isascii():
        return text.lower()
    return MARKS.sub("", unicodedata.normalize("NFKD", text.casefold())).casefold()


def bare(text: str) -> str:
    """*text* as letters and digits only; tabs and line ends stay, so that columns and rows do not run together."""
    if text.isascii():
        return text.translate(BARE)
    shown = plain(text)
    return shown.translate(BARE) if shown.isascii() else NEITHER.sub("", shown)


def worded(text: str) -> str:
    """*text* as words with one space between, one in front and one behind."""
    return f" {WORDS.sub(' ', plain(text)).strip()} "


@dataclass(frozen=True)
class Sought:
    """A needle made ready: what to put into the automaton, and how to tell that it really stands in a text."""

    needle: Needle
    forms: tuple[str, ...]
    stands_in: Exact

    @property
    def wholes(self) -> tuple[str, ...]:
        """What a value that is this needle and nothing else reduces to."""
        return (*self.forms, bare(self.needle.value))

    def may_lie_in(self, letters: str) -> bool:
        """Whether its letters stand in a text reduced to bare ones: only then is it read exactly."""
        return any(form in letters for form in self.forms)


def made_ready(needle: Needle) -> Sought | None:
    """*needle* for searching, or None where nothing of it could be recognised."""
    reduced, exact = READY[needle.kind](needle.value)
    forms = tuple(form for form in dict.fromkeys(reduced) if len(form) >= 2)
    return Sought(needle, forms, exact) if forms else None


def _email(value: str) -> tuple[list[str], Exact]:
    pattern = re.compile(rf"(?<![\w.+%-]){re.escape(plain(value))}(?![\w-]|\.(?!{FILE_TYPES})\w)")
    return [bare(value)], lambda text: pattern.search(plain(text)) is not None


def _reference(value: str) -> tuple[list[str], Exact]:
    spelled = r"[\s-]*".join(re.escape(part) for part in re.split(r"[\s-]+", plain(value)))
    pattern = re.compile(rf"(?<![a-z0-9]){spelled}(?![a-z0-9])")
    return [bare(value)], lambda text: pattern.search(plain(text)) is not None


def _phone(value: str) -> tuple[list[str], Exact]:
    country, national = _number(value)
    spaced = BETWEEN_DIGITS.join(national)
    prefix = rf"(?:(?:\+|00|011)?{BETWEEN_DIGITS}{country}{BETWEEN_DIGITS}(?:\(0\))?|0)?" if country else ""
    pattern = re.compile(rf"(?<!\d){prefix}{BETWEEN_DIGITS}{spaced}(?!\d)", re.ASCII)
    return [national], lambda text: pattern.search(plain(text)) is not None


def _number(value: str) -> tuple[str, str]:
    """Country code and national number; no country where the number cannot be read as one."""
    try:
        number = phonenumbers.parse(value, "US")
    except phonenumbers.NumberParseException:
        return "", re.sub(r"\D", "", value)
    return str(number.country_code), str(number.national_number)


def _words(value: str) -> tuple[list[str], Exact]:
    """A name, street or town, in the order given and with the last word first (`Moreau, Alice`)."""
    words = worded(value).split()
    orders = list(dict.fromkeys([" ".join(words), " ".join([*words[-1:], *words[:-1]])]))
    runs_on = UNSPACED.search(value) is not None

    def exact(text: str) -> bool:
        shown = worded(text)
        return any((order in shown) if runs_on else (f" {order} " in shown) for order in orders)

    return [order.replace(" ", "") for order in orders], exact


READY: Final[dict[Kind, Callable[[str], tuple[list[str], Exact]]]] = {
    Kind.EMAIL: _email,
    Kind.PHONE: _phone,
    Kind.REFERENCE: _reference,
    Kind.NAME: _words,
    Kind.STREET: _words,
    Kind.TOWN: _words,
}


@dataclass(frozen=True)
class Person:
    """The needles of one erasure, by the reference of its request."""

    request: str
    needles: tuple[Needle, ...]


@dataclass(frozen=True)
class Hit:
    """One needle of one person in one column of a row; *is_whole*: the value is the needle and nothing else."""

    person: int
    column: int
    needle: Needle
    is_whole: bool


class Haystack:
    """Ready to look for these people in any number of blocks."""

    def __init__(self, people: Sequence[Person]) -> None:
        self.people = list(people)
        self.sought = [[s for n in person.needles if (s := made_ready(n)) is not None] for person in people]
        self._automaton = ahocorasick.Automaton()
        owners = self._owners()
        for form in owners:
            self._automaton.add_word(form, form)
        self._form_of = {form: _Form(tuple(numbers), self._beside(form, numbers)) for form, numbers in owners.items()}
        self._is_empty = not owners
        if owners:
            self._automaton.make_automaton()

    def _owners(self) -> dict[str, set[int]]:
        """Whose each form is. A town counts only beside something else, which leads there anyway."""
        owners: dict[str, set[int]] = defaultdict(set)
        for number, wanted in enumerate(self.sought):
            for each in wanted:
                for form in each.forms if each.needle.kind is not Kind.TOWN else ():
                    owners[form].add(number)
        return owners

    def _beside(self, form: str, numbers: Iterable[int]) -> frozenset[str] | None:
        """What must stand beside a weak form to make it count: another kind of needle of the same person. None: nothing must."""
        beside: set[str] = set()
        for wanted in (self.sought[number] for number in numbers):
            kinds = {each.needle.kind for each in wanted if form in each.forms}
            if any(kind.is_strong for kind in kinds) or len(kinds) > 1:
                return None
            beside.update(other for each in wanted if each.needle.kind not in kinds for other in each.forms)
        return frozenset(beside)

    def numbers(self, block: str) -> list[int]:
        """The numbers of the lines of *block* worth reading exactly: they hold a needle's letters, or are dressed."""
        numbers = wrappings.dressed(block)
        for part in _parts(block) if not self._is_empty else ():
            numbers.update(wrappings.line_numbers(part, self._telling(part)))
        return sorted(numbers)

    def _telling(self, part: str) -> Iterator[int]:
        """Where in *part* a form ends that says something: a strong one, or a weak one with another kind beside it in its line."""
        line, end_of_line = "", -1
        for end, form in self._automaton.iter(part):
            beside = self._form_of[form].beside
            if beside is not None:
                if end > end_of_line:
                    end_of_line = position if (position := part.find("\n", end)) >= 0 else len(part)
                    line = part[part.rfind("\n", 0, end) + 1 : end_of_line]
                if not any(other in line for other in beside):
                    continue
            yield end

    def suspects(self, text: str) -> set[int]:
        """Who may stand in *text*: the people one of whose needles has its letters in it."""
        return self._owners_of(self._forms_in(bare(text)))

    def _forms_in(self, letters: str) -> set[str]:
        return set() if self._is_empty else {form for _, form in self._automaton.iter(letters)}

    def _owners_of(self, forms: Iterable[str]) -> set[int]:
        return {number for form in forms for number in self._form_of[form].owners}

    def hits(self, columns: Sequence[str], tally: Tally) -> list[Hit]:
        """Everything that stands in one row, each value read in every way. Raises `wrappings.TooLarge`."""
        return self.hits_in([self.read(text, tally) for text in columns])

    def read(self, text: str, tally: Tally) -> list[str]:
        """Every way to read a value, each once, as it stands first. Raises `wrappings.TooLarge`."""
        return list(dict.fromkeys(wrappings.readings(text, tally))) if text else []

    def hits_in(self, read: Sequence[Sequence[str]]) -> list[Hit]:
        """Everything that stands in one row whose columns were read already."""
        columns = [[(text, bare(text).translate(CLOSED_UP)) for text in texts] for texts in read]
        letters = "\n".join(reduced for texts in columns for _, reduced in texts)
        forms = self._forms_in(letters)
        found = [
            Hit(who, number, each.needle, any(reduced in each.wholes for reduced in standing))
            for who in sorted(self._owners_of(forms))
            for each in self._worth_reading(who, forms, letters)
            for number, texts in enumerate(columns)
            if (standing := [reduced for text, reduced in texts if each.may_lie_in(reduced) and each.stands_in(text)])
        ]
        return [hit for hit in found if counts(hit, found)]

    def _worth_reading(self, who: int, forms: set[str], letters: str) -> list[Sought]:
        """Those of somebody's needles whose letters stand in a row; none where they could not count together."""
        there = [
            each
            for each in self.sought[who]
            if not forms.isdisjoint(each.forms) or (each.needle.kind is Kind.TOWN and each.may_lie_in(letters))
        ]
        kinds = {each.needle.kind for each in there}
        return there if len(kinds) > 1 or any(kind.is_strong for kind in kinds) else []


class _Form(NamedTuple):
    """Whose needles reduce to these letters, and which others must stand beside them, if any must."""

    owners: tuple[int, ...]
    beside: frozenset[str] | None


def _parts(block: str) -> Iterator[str]:
    """*block* reduced to letters and digits; in two parts with the same line numbers where some lines are not ASCII."""
    if block.isascii():
        yield bare(block)
        return
    lines = block.split("\n")
    yield bare("\n".join(line if line.isascii() else "" for line in lines))
    yield bare("\n".join("" if line.isascii() else line for line in lines))


def counts(hit: Hit, beside: Sequence[Hit]) -> bool:
    """A strong needle counts alone; a weak one beside a strong one, or beside another kind of weak one, of the same person."""
    if hit.needle.kind.is_strong:
        return True
    others = {
        other.needle.kind for other in beside if other.person == hit.person and other.needle.kind != hit.needle.kind
    }
    return bool(others)
