"""What a person reads beside what is held about them: plain words, each once under its heading."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

import pytest

from accounts import social
from privacy.messages import mailchimp
from privacy.register import registry
from privacy.register.declare import Declaration

#: Words of those who write software, which say nothing to whoever reads their own data.
JARGON: Final = {
    "id", "ids", "uid", "uuid", "url", "uri", "pk", "key", "sku", "ip", "ref", "repr", "slug", "digest", "hash", "locale",
    "payload", "minor", "canonical", "actor", "metadata", "boolean", "null", "agent", "superuser", "derivation", "gateway",
    "webhook",
}  # fmt: skip
UNPLAIN: Final = re.compile(r"_|^(at|is|has|can|to|by|on|type|data|surface|network|matter|event)$|^is ")
MODELS: Final = [pytest.param(each, id=each.model) for each in registry.all_declared()]


def read_by_people(declaration: Declaration) -> Iterator[str]:
    """The fields that a copy shows, or that a list of who received what names."""
    shown = {**registry.exported(declaration), **registry.exported(declaration, visible=True)}
    yield from (name for name, field in declaration.personal_fields().items() if name in shown or field.recipients)


@pytest.mark.parametrize("declaration", MODELS)
def test_every_label_that_a_person_reads_is_plain_words(declaration: Declaration) -> None:
    labels = {name: declaration.label_of(name) for name in read_by_people(declaration)}
    strange = {
        name: label
        for name, label in labels.items()
        if UNPLAIN.search(label) or JARGON & set(re.findall(r"[a-z]+", label.lower()))
    }
    assert strange == {}
    assert not UNPLAIN.search(declaration.label), declaration.label
    assert [label for label, count in Counter(labels.values()).items() if count > 1] == [], "a copy names each once"


@pytest.mark.parametrize("declaration", MODELS)
def test_a_label_belongs_to_a_personal_field(declaration: Declaration) -> None:
    assert set(declaration.labels) - set(declaration.personal_fields()) == set()


def test_who_receives_it_reads_as_words_too() -> None:
    names = [each.name for each in (*registry.processors(), mailchimp.processor(), social.processor())]
    assert [name for name in names if "_" in name or "-" in name] == []
