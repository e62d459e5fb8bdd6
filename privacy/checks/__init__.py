"""System checks that fail closed: personal data nobody declared, or declared in a way that cannot be true or carried out.

`models` looks at a declaration as a whole, `fields` at its columns, `relations` at what hangs together. Each finding has an id, a
sentence and a remedy (`findings`).
"""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core import checks
from django.utils import timezone

from privacy.checks import fields, messages, models, relations  # noqa: F401  (messages registers its own)
from privacy.checks.findings import error, warning
from privacy.consent import partners, tags
from privacy.register import agreements, payloads, profiles, published, registry, weighings
from privacy.register.declare import NOT_PERSONAL, SAID_TWICE, Declaration
from privacy.rights import reviews


@checks.register("privacy")
def everything_is_declared(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """E001: a field or relation of any installed model that no declaration names, with the lines to paste."""
    return [
        error(
            "E001",
            f"{model._meta.label} has fields nobody declared: {', '.join(missing) or 'the model itself'}.",
            hint=f"In a personal_data.py:\n{models.lines_to_paste(model, missing)}",
            obj=model,
        )
        for model, missing in registry.undeclared()
    ]


@checks.register("privacy")
def declarations_fit_the_models(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """E002 to E014: what a declaration says must exist, reach a person, end, and be possible to carry out."""
    found = [problem for declaration in registry.all_declared() for problem in problems_of(declaration)]
    for label, reason in NOT_PERSONAL.items():
        found += problems_of_excuse(label, reason)
    found += [error("E011", f"{model} is declared a second time in {where}.") for model, where in SAID_TWICE]
    found += [error("E014", f"{words}.") for words in payloads.disagreements()]
    return [*found, *relations.circle()]


@checks.register("privacy")
def no_tag_breaks_the_profile(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """E016: a targeting tag has an id, or a partner is named, in a shop whose policy promises never to sell or share."""
    found = [f"{tag.name} has an id" for tag in tags.forbidden()]
    found += [f"{partner.name} is named as a partner" for partner in partners.forbidden()]
    promises = f"but {profiles.current().slug} promises that nothing is sold or shared"
    return [error("E016", f"{words}, {promises}.") for words in found]


@checks.register("privacy")
def everybody_who_gets_data_is_bound(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """E017: a company that this shop gives personal data to, or whose tag it runs, without the agreement it needs."""
    today = timezone.now().date()
    unbound = [f"{tag.name} ({tag.slug}): {', '.join(lacks)}" for tag, lacks in tags.unbound(on=today)]
    return [error("E017", f"{words}.") for words in [*agreements.disagreements(on=today), *unbound]]


@checks.register("privacy")
def nothing_goes_beyond_the_policy(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """E018: a declared field's category or purpose that the shop's policy does not publish, or the other way round."""
    return [error("E018", f"{each.words}.", hint=each.remedy) for each in published.disagreements()]


@checks.register("privacy")
def every_interest_is_weighed(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """E019: something rests on the shop's own interest, and nobody weighed it against people's. W001: too long ago."""
    today = timezone.now().date()
    late = [
        warning("W001", f"{each.title}: to be weighed again since {each.review_on}.")
        for each in weighings.overdue(on=today)
    ]
    return [*[error("E019", f"{words}.") for words in weighings.disagreements(on=today)], *late]


@checks.register("privacy")
def links_and_partners_are_looked_over(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """E020: nobody says by when links and companies are looked over again."""
    return [error("E020", f"{words[:1].upper()}{words[1:]}.") for words in reviews.unreviewed()]


def problems_of(declaration: Declaration) -> Iterator[checks.CheckMessage]:
    """Everything wrong with one declaration."""
    try:
        model = declaration.model_class()
    except LookupError:
        yield error("E002", f"{declaration.model} is declared but not installed.")
        return
    yield from models.problems(declaration, model)
    for name in sorted(declaration.fields.keys() & models.names(model)):
        yield from fields.problems(declaration, model, name)
        yield from relations.problems(declaration, model, name)


def problems_of_excuse(label: str, reason: str) -> Iterator[checks.CheckMessage]:
    """Everything wrong with calling a whole model not personal."""
    try:
        model = apps.get_model(label)
    except LookupError:
        yield error("E002", f"{label} is called not personal but is not installed.")
        return
    yield from fields.problems_of_excuse(model, reason)
    yield from relations.problems_of_excuse(model)
