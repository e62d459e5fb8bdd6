"""What somebody takes along: what they gave us, and nothing that we made of it (GDPR Art. 20(1))."""

from __future__ import annotations

import io
import json
import zipfile

import jsonschema
import pytest

from privacy.register import registry
from privacy.register.vocabulary import Basis, Source
from privacy.rights import acts, contents, packages
from privacy.rights.models import ExportPackage
from privacy.tests.people import NOON, asks, someone

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    settings.LOUPE_HOME = tmp_path


def fetched(person, kind):
    """The ZIP that a request of this person leads to, and its data."""
    request = asks(person, kind)
    acts.carry_out(request.pk, by="system:worker", at=NOON)
    with packages.start(ExportPackage.objects.get(request=request), by=person.user, at=NOON) as pieces:
        file = zipfile.ZipFile(io.BytesIO(b"".join(pieces)))
    return file, json.loads(file.read("data.json"))


def fields_of(data):
    return {(group["model"], name) for group in data["groups"] for name in group["fields"]}


@pytest.mark.promise("SG-13")
def test_everything_alice_gave_is_in_it_and_nothing_of_bob():
    alice, bob = someone("alice"), someone("bob")
    file, data = fetched(alice, "portability")
    jsonschema.validate(data, contents.schema())
    text = json.dumps(data, ensure_ascii=False)
    assert [word for word in alice.words if word not in text] == []
    every = "".join(file.read(name).decode(errors="replace") for name in file.namelist())
    assert [word for word in bob.words if word in every] == []
    assert "What you gave" in file.read("index.html").decode()


def test_it_is_the_part_of_the_copy_that_was_given_by_consent_or_contract():
    """Each field of it is in the copy too; what only the copy has was made by us or is held because a law asks for it."""
    alice = someone("alice")
    whole, along = (fields_of(fetched(alice, kind)[1]) for kind in ("access", "portability"))
    assert along < whole
    for model, name in along:
        declaration = registry.of(model)
        words = contents.Group(declaration, [alice.subject.pk]).words
        column = next(column for column, word in words.items() if word == name)
        declared = declaration.personal_fields()[column]
        bases = {purpose.basis for purpose in declaration.purposes_of(column)}
        assert declared.source in (Source.CUSTOMER, Source.OBSERVED), f"{model}.{column}"
        assert bases & {Basis.CONSENT, Basis.CONTRACT}, f"{model}.{column}"
    assert ("privacy.AuditEvent", "what happened") in whole - along
    assert ("accounts.User", "date joined") in whole - along
