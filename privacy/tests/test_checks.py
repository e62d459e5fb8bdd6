"""The register fails closed. For each check a scratch model that fails it, and a sibling that differs in one thing and passes."""

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models

from privacy import checks
from privacy.checks.findings import REMEDIES
from privacy.register import suspicion
from privacy.register.declare import (
    BLANK,
    DECLARATIONS,
    Action,
    ByValue,
    Category,
    Declaration,
    Export,
    Purpose,
    Retention,
    declare,
    declare_not_personal,
    keep,
    not_personal,
    personal,
    replace,
)
from privacy.register.models import Subject
from privacy.tests.scratch import MINE, MODELS, WHEN, Note, codes, model, register, say, scratch  # noqa: F401 - a fixture is used by being there


@pytest.mark.promise("JE-101", "JE-65", "JK-51")
def test_the_project_passes():
    assert [problem.msg for problem in checks.everything_is_declared(None)] == []
    assert [problem.msg for problem in checks.declarations_fit_the_models(None)] == []
    assert len(list(apps.get_models())) > 30


def test_a_scratch_declaration_passes_so_that_what_fails_below_fails_for_its_one_difference():
    assert codes(say("Note"), say("Text", fields={"words": personal(Category.MESSAGE)})) == []


# E001


def undeclared(name: str):
    """What E001 says about an installed model, and its hint."""
    return [(each.msg, each.hint) for each in checks.everything_is_declared(None) if each.msg.startswith(name)]


def test_a_model_nobody_declared_is_an_error_that_prints_the_lines_to_paste():
    DECLARATIONS.pop("privacy.Identifier")
    [(sentence, hint)] = undeclared("privacy.Identifier")
    assert sentence.endswith("nobody declared: subject, kind, key_version, digest, created_at, proven_at.")
    assert '"digest": not_personal("...")' in hint
    assert '"subject": link("...", edge=Edge....)' in hint
    assert 'declare_not_personal("privacy.Identifier"' in hint


@pytest.mark.parametrize("name", ["digest", "subject"])
def test_a_single_field_or_relation_nobody_declared_is_an_error(name):
    declared = DECLARATIONS["privacy.Identifier"]
    fields = {each: field for each, field in declared.fields.items() if each != name}
    DECLARATIONS["privacy.Identifier"] = Declaration(**{**vars(declared), "fields": fields})
    [(sentence, hint)] = undeclared("privacy.Identifier")
    assert sentence == f"privacy.Identifier has fields nobody declared: {name}."
    assert "declare(" not in hint


# E002 to E004


def test_what_does_not_exist_is_an_error():
    assert codes(say("Note", fields={"email": personal(Category.CONTACT)})) == ["E002"]
    assert codes(say("Nothing")) == ["E002"]
    assert [each.id for each in checks.problems_of_excuse("scratch.Nothing", "there is no such thing")] == [
        "privacy.E002"
    ]


@pytest.mark.parametrize("path", ["made_at", "nobody__subject", "subject__residence", "made_at__subject"])
def test_a_path_that_leads_to_nobody_is_an_error(path):
    assert codes(say("Note", reach=path)) == ["E003"]


def test_a_path_of_those_who_may_see_must_lead_to_a_person_too():
    assert codes(say("Two", visible="made_at", fields={"buyer": MINE})) == ["E003"]
    DECLARATIONS.pop("scratch.Two")
    assert codes(say("Two", visible="buyer", fields={"buyer": MINE})) == []


def test_a_value_needs_words():
    found = ByValue(lambda family: None, " ", lambda rows: [])
    assert codes(say("Note", reach=found, orphans="all of them")) == ["E003"]


@pytest.mark.promise("JE-33", "JE-93")
def test_a_purpose_is_named_and_has_a_lawful_basis():
    assert codes(say("Note", purposes=[])) == ["E004"]
    because = "because we can"  # no member of Purpose, so without a basis
    assert codes(say("Clock", purposes=[because], fields={"ended_at": WHEN, "ends_on": WHEN})) == ["E004"]
    mail = personal(Category.MESSAGE, purposes=[because])
    assert codes(say("Text", fields={"words": mail})) == ["E004"]


# E005


@pytest.mark.parametrize("reason", ["", "none", "not personal", "no personal data", "only some internal text", "misc"])
def test_free_text_is_not_excused_by_nothing_said(reason):
    assert codes(say("Text", fields={"words": not_personal(reason)})) == ["E005"]


def test_free_text_is_excused_by_saying_what_it_holds():
    assert codes(say("Text", fields={"words": not_personal("the words our own staff print on the box")})) == []


@pytest.mark.promise("JK-51")
@pytest.mark.parametrize("name", ["email", "host"])
def test_a_column_whose_kind_or_name_speaks_of_people_needs_a_reason(name):
    others = {"number": WHEN, "email": personal(Category.CONTACT), "host": personal(Category.ONLINE)}
    assert codes(say("Count", fields={**others, name: not_personal("not personal")})) == ["E005"]
    DECLARATIONS.pop("scratch.Count")
    assert codes(say("Count", fields={**others, name: not_personal("our own shop's, for replies")})) == []


@pytest.mark.parametrize(
    ("name", "smells"),
    [
        ("shipping_address", True),
        ("ip", True),
        ("last_ip", True),
        ("zipped", False),
        ("recipient", False),
        ("lines", False),
    ],
)
def test_names_that_smell(name, smells):
    assert bool(suspicion.SMELLS.search(name)) is smells


def excused(name: str, reason: str) -> list[str]:
    """The columns, or the model, for which calling scratch model *name* not personal is no excuse."""
    found = checks.problems_of_excuse(f"scratch.{name}", reason)
    return [each.msg.split()[0].removeprefix("scratch.") for each in found if each.id == "privacy.E005"]


def test_a_whole_model_with_a_column_of_people_is_never_not_personal():
    assert excused("Count", "a list that the shop keeps for itself") == ["Count.email", "Count.host"]


def test_a_whole_model_needs_a_reason_and_a_real_one_where_anything_may_be_written():
    assert excused("Clock", " ") == ["Clock"]
    assert excused("Clock", "no data") == []
    assert excused("Text", "no data") == ["Text.words"]
    assert excused("Text", "the shop's own catalogue") == []


# E006


@pytest.mark.parametrize(
    ("action", "fate", "is_right"),
    [
        (Action.KEEP_UNTIL, None, False),
        (Action.KEEP_UNTIL, BLANK, True),
        (Action.KEEP_UNTIL, replace("gone"), True),
        (Action.KEEP_UNTIL, keep("tax law asks for it"), True),
        (Action.KEEP_UNTIL, keep(" "), False),
        (Action.DELETE_ROW, BLANK, False),
        (Action.DELETE_ROW, keep("tax law asks for it"), False),
        (Action.DELETE_ROW, None, True),
    ],
)
def test_the_fate_of_a_field_fits_its_row(action, fate, is_right):
    words = personal(Category.MESSAGE, **({"on_erase": fate} if fate else {}))
    assert codes(say("Text", action=action, fields={"words": words})) == ([] if is_right else ["E006"])


def test_a_column_that_must_hold_something_cannot_be_blanked():
    facts = {"email": personal(Category.CONTACT, on_erase=BLANK), "host": personal(Category.ONLINE, on_erase=BLANK)}
    number = personal(Category.ACCOUNT, on_erase=BLANK)
    assert codes(say("Count", action=Action.KEEP_UNTIL, fields={**facts, "number": number})) == ["E006"]
    DECLARATIONS.pop("scratch.Count")
    zero = personal(Category.ACCOUNT, on_erase=replace(0))
    assert codes(say("Count", action=Action.KEEP_UNTIL, fields={**facts, "number": zero})) == []


def test_what_others_see_of_a_field_needs_others():
    seen = personal(Category.MESSAGE, on_export=Export.REDACT, visible_export=Export.SHOW, visible_erase=BLANK)
    anybody = ByValue(
        find=lambda family: Subject.objects.none(), words="their number in the text", owners=lambda rows: []
    )
    assert codes(say("Text", fields={"words": seen})) == ["E006"]
    DECLARATIONS.pop("scratch.Text")
    assert codes(say("Text", visible=anybody, fields={"words": seen})) == []
    DECLARATIONS.pop("scratch.Text")
    one_by_one = personal(Category.MESSAGE, visible_erase=replace(lambda row: row.pk))
    assert codes(say("Text", visible=anybody, fields={"words": one_by_one})) == ["E006"]


# E008


@pytest.mark.parametrize(
    ("rule", "is_right"),
    [
        (None, False),
        (Retention(), False),
        (Retention.days(30, anchor="ended_at"), False),
        (Retention.days(30, anchor="ended_at", fallback="made_at"), True),
        (Retention.months(6, anchor="ends_on"), True),
        (Retention.days(30, anchor="nothing_at"), False),
        (Retention.days(30, anchor="subject"), False),
        (Retention.as_its("subject", Retention.days(30, anchor="erased_at")), False),
        (Retention.as_its("subject", Retention.days(30, anchor="erased_at", fallback="created_at")), True),
        (Retention.until_event(" ", model="orders.Order"), False),
        (Retention.until_event("the parcel is delivered", model="orders.Parcel"), False),
        (Retention.until_event("the parcel is delivered", model=""), False),
        (Retention.until_event("the parcel is delivered", model="orders.Order"), True),
        (Retention.while_account(), True),
    ],
)
@pytest.mark.promise("JE-65", "JH-35")
def test_a_retention_has_an_end(rule, is_right):
    made = {"ended_at": WHEN, "ends_on": WHEN}
    assert codes(say("Clock", retention=rule, fields=made)) == ([] if is_right else ["E008"])


def test_a_field_with_a_time_of_its_own_has_an_end_too_and_can_be_emptied():
    forever = personal(Category.ACCOUNT, retention=Retention.days(1, anchor="ended_at"))
    assert codes(say("Clock", fields={"ended_at": WHEN, "ends_on": forever})) == ["E008", "E006"]
    DECLARATIONS.pop("scratch.Clock")
    with_row = personal(Category.ACCOUNT, retention=Retention.days(1, anchor="ends_on"))
    assert codes(say("Clock", fields={"ended_at": with_row, "ends_on": WHEN})) == ["E006"]


# E009


def test_a_path_that_can_be_empty_needs_a_second_or_says_whose_rows_those_are():
    assert codes(say("Guest")) == ["E009"]
    DECLARATIONS.pop("scratch.Guest")
    assert codes(say("Guest", orphans="guests who have not ordered")) == []
    DECLARATIONS.pop("scratch.Guest")
    assert codes(say("Guest", orphans="guests", retention=Retention.while_account())) == ["E009"]


def test_one_of_several_paths_must_always_be_filled():
    assert codes(say("Two", reach="buyer", fields={"buyer": MINE})) == ["E009"]
    DECLARATIONS.pop("scratch.Two")
    assert codes(say("Two", reach=("buyer", "subject"), fields={"buyer": MINE})) == []


def test_what_is_found_by_value_may_be_nobodys():
    by_value = ByValue(find=lambda family: Subject.objects.none(), words="the number in it", owners=lambda rows: [])
    assert codes(say("Note", reach=by_value)) == ["E009"]
    DECLARATIONS.pop("scratch.Note")
    assert codes(say("Note", reach=by_value, orphans="notes that name nobody")) == []


def test_no_orphans_are_spoken_of_where_there_are_none():
    assert codes(say("Note", orphans="nobody's")) == ["E009"]


# E010


@pytest.mark.parametrize(("column", "is_right"), [("clear", False), ("sealed", True), ("digest", True)])
@pytest.mark.promise("JE-101")
def test_a_sensitive_value_never_rests_in_the_clear(column, is_right):
    plain = personal(Category.CREDENTIAL)
    fields = {"clear": plain, "sealed": plain, "digest": plain, column: personal(Category.CREDENTIAL, sensitive=True)}
    assert codes(say("Secret", fields=fields)) == ([] if is_right else ["E010"])


def test_a_password_is_a_hash_only_where_django_hashes_it():
    meta = type("Meta", (), {"app_label": "scratch", "apps": scratch})
    login = type("Login", (AbstractBaseUser,), {"__module__": __name__, "Meta": meta})
    door = model("Door", password=models.CharField(max_length=9))
    assert suspicion.rest_of(login, "password") is suspicion.Rest.HASHED
    assert suspicion.rest_of(door, "password") is suspicion.Rest.CLEAR


# E011


def test_the_second_declaration_of_a_model_is_an_error_and_the_first_one_stands():
    first = say("Note")
    say("Note", label="Other")
    declare_not_personal("scratch.Note", "said a third time")
    assert DECLARATIONS["scratch.Note"] is first
    found = [each for each in checks.declarations_fit_the_models(None) if each.id == "privacy.E011"]
    assert len(found) == 2
    assert "scratch.py:" in found[0].msg
    assert "test_checks.py:" in found[1].msg


def test_a_column_of_the_parent_is_declared_with_the_parent():
    meta = type("Meta", (), {"app_label": "scratch", "apps": scratch})
    pages = {"__module__": __name__, "Meta": meta, "pages": models.IntegerField()}
    MODELS["scratch.LongNote"] = type("LongNote", (Note,), pages)
    said = {"note_ptr": MINE, "pages": not_personal("how long it is")}
    twice = declare(
        "scratch.LongNote",
        label="x",
        reach="subject",
        action=Action.DELETE_ROW,
        retention=Retention.days(30, anchor="made_at"),
        purposes=[Purpose.ACCOUNT],
        fields={**said, "made_at": WHEN},
    )
    assert codes(twice) == ["E011"]
    once = Declaration(**{**vars(twice), "fields": said})
    assert codes(once) == []


def test_every_check_has_a_remedy_and_stands_in_the_manual():
    manual = (settings.BASE_DIR / "docs" / "register.md").read_text()
    warnings = ["W001"]
    assert list(REMEDIES) == [*(f"E{number:03}" for number in range(1, len(REMEDIES) - len(warnings) + 1)), *warnings]
    assert [code for code in REMEDIES if f"| `privacy.{code}` |" not in manual] == []
