"""What may be used, asked of the rows themselves: `Order.objects.usable_for(Purpose.MARKETING)`.

It leaves out every row of somebody whose data are restricted, who was erased, or who objects to this very purpose. Managers stay
whole: an order is packed, a copy made and an erasure carried out whatever is restricted. Marketing, statistics, recommendations and
what is given away ask it; a test finds the query that does not (`tests/consistency/test_usable.py`).
"""

from __future__ import annotations

from typing import Any, Self, TypeVar

from django.apps import apps
from django.db import models
from django.db.models import Exists, OuterRef, Q

from privacy.register.age_bands import MINOR, NOT_FOR_MINORS
from privacy.register.declare import DECLARATIONS  # not by `registry`, which needs the models that stand on this
from privacy.register.vocabulary import Purpose

M = TypeVar("M", bound=models.Model)


class NoWayThere(Exception):
    """The model is not declared, or its rows reach their person by a value: ask the rows that own it."""


class Usable(models.QuerySet[M]):
    """A queryset of a registered model that knows what its rows may be used for."""

    def usable_for(self, purpose: Purpose) -> Self:
        """Without the rows of people whose data must not be used for *purpose*; rows of nobody stay. *Raises* `NoWayThere`."""
        return self.filter(allowed(self.model, purpose))


def allowed(model: type[models.Model], purpose: Purpose) -> Q:
    """Matches the rows of *model* that may be used for *purpose*, by every way that leads to a person. *Raises* `NoWayThere`."""
    declaration = DECLARATIONS.get(model._meta.label)
    if declaration is None or not declaration.paths:
        raise NoWayThere(model._meta.label)
    people, free = barred(purpose), Q()
    for path in declaration.paths:
        free &= ~Q(Exists(people.filter(pk=OuterRef(path))))
    return free


def rows(model: type[models.Model], purpose: Purpose) -> models.QuerySet[Any]:
    """The same for a model that is known only by its declaration. *Raises* `NoWayThere`."""
    return model._base_manager.filter(allowed(model, purpose))


def barred(purpose: Purpose) -> models.QuerySet[Any]:
    """The person records that must not be used for *purpose*: minors, where it is none for them, among them."""
    objections = apps.get_model("privacy.Objection").objects.standing().filter(purpose=purpose.name.lower())
    rests = Q(restricted_at__isnull=False) | Q(erased_at__isnull=False)
    if purpose in NOT_FOR_MINORS:
        rests |= Q(age_band__in=MINOR)
    people = apps.get_model("privacy.Subject")._base_manager
    return people.filter(rests | Q(Exists(objections.filter(subject=OuterRef("pk")))))
