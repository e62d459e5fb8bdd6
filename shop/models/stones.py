"""Loose stones: each is one of a kind, graded, priced, and sold once."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.urls import reverse

from shop.models.catalogue import StoneOrigin


class Shape(models.TextChoices):
    """The outline of a cut stone, seen from above."""

    ROUND = "round", "Round"
    OVAL = "oval", "Oval"
    CUSHION = "cushion", "Cushion"
    PRINCESS = "princess", "Princess"
    EMERALD = "emerald", "Emerald"
    PEAR = "pear", "Pear"
    MARQUISE = "marquise", "Marquise"
    RADIANT = "radiant", "Radiant"
    ASSCHER = "asscher", "Asscher"
    HEART = "heart", "Heart"


class Cut(models.IntegerChoices):
    """How well a round stone is cut, best first."""

    IDEAL = 1, "Ideal"
    PREMIUM = 2, "Premium"
    VERY_GOOD = 3, "Very good"
    GOOD = 4, "Good"
    FAIR = 5, "Fair"


class Colour(models.IntegerChoices):
    """The absence of colour, best first; D is colourless."""

    D = 1, "D"
    E = 2, "E"
    F = 3, "F"
    G = 4, "G"
    H = 5, "H"
    I = 6, "I"  # noqa: E741  the grade is called I
    J = 7, "J"


class Clarity(models.IntegerChoices):
    """How little is seen inside at ten times magnification, best first."""

    IF = 1, "IF"
    VVS1 = 2, "VVS1"
    VVS2 = 3, "VVS2"
    VS1 = 4, "VS1"
    VS2 = 5, "VS2"
    SI1 = 6, "SI1"
    SI2 = 7, "SI2"
    I1 = 8, "I1"


class StoneQuerySet(models.QuerySet["Stone"]):
    """Which stones a shopper may find."""

    def on_sale(self) -> StoneQuerySet:
        return self.filter(status=Stone.Status.AVAILABLE)


class Stone(models.Model):
    """One diamond. A serialised unit, not a quantity: there is never a second."""

    class Source(models.TextChoices):
        """Who says so."""

        DATASET = "dataset", "Public diamonds data set"
        DEMO = "demo", "Made up for this demonstration"
        HOUSE = "house", "Our own safe"

    class Status(models.TextChoices):
        """Where the one unit is."""

        AVAILABLE = "available", "Available"
        RESERVED = "reserved", "Reserved"
        SOLD = "sold", "Sold"
        WITHHELD = "withheld", "Withheld"

    ref = models.CharField(max_length=14, unique=True)
    source = models.CharField(max_length=8, choices=Source.choices)
    shape = models.CharField(max_length=10, choices=Shape.choices)
    origin = models.CharField(max_length=8, choices=StoneOrigin.choices)
    #: To the hundredth, as weighed: 0.30 means 0.295 to 0.304 (16 CFR 23.17).
    carat = models.DecimalField(max_digits=5, decimal_places=2)
    #: Null for every shape but round: laboratories grade the cut of round stones only.
    cut = models.PositiveSmallIntegerField(choices=Cut.choices, null=True, blank=True)
    colour = models.PositiveSmallIntegerField(choices=Colour.choices)
    clarity = models.PositiveSmallIntegerField(choices=Clarity.choices)
    depth_pct = models.DecimalField("depth %", max_digits=4, decimal_places=1)
    table_pct = models.DecimalField("table %", max_digits=4, decimal_places=1)
    #: Null, all three, when the source's figures cannot be true.
    x_mm = models.DecimalField("length in mm", max_digits=5, decimal_places=2, null=True, blank=True)
    y_mm = models.DecimalField("width in mm", max_digits=5, decimal_places=2, null=True, blank=True)
    z_mm = models.DecimalField("height in mm", max_digits=5, decimal_places=2, null=True, blank=True)
    price_minor = models.PositiveIntegerField("price in minor units")
    currency = models.CharField(max_length=3, default="USD")
    is_settable = models.BooleanField("can be set in a piece", default=True)
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.AVAILABLE)

    objects = StoneQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        indexes = [
            models.Index("price_minor", "id", name="stone_price", condition=Q(status="available")),
            models.Index("carat", "id", name="stone_carat", condition=Q(status="available")),
            models.Index("shape", "price_minor", "id", name="stone_shape", condition=Q(status="available")),
            models.Index(
                fields=["shape", "origin", "cut", "colour", "clarity"],
                include=["carat", "price_minor", "depth_pct", "table_pct"],
                name="stone_facets",
                condition=Q(status="available"),
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(carat__gt=Decimal(0)), name="stone_carat_positive"),
            models.CheckConstraint(condition=Q(price_minor__gt=0), name="stone_has_a_price"),
            models.CheckConstraint(
                condition=Q(x_mm__gt=0, y_mm__gt=0, z_mm__gt=0)
                | Q(x_mm__isnull=True, y_mm__isnull=True, z_mm__isnull=True, is_settable=False),
                name="stone_measured_or_not_settable",
                violation_error_message="A stone without measurements cannot be set in a piece.",
            ),
            models.CheckConstraint(
                condition=Q(shape="round", cut__isnull=False) | (~Q(shape="round") & Q(cut__isnull=True)),
                name="stone_cut_graded_when_round",
                violation_error_message="Round stones have a cut grade; other shapes have none.",
            ),
        ]

    def __str__(self) -> str:
        return self.ref

    def get_absolute_url(self) -> str:
        return reverse("shop:stone", args=[self.ref])


class Certificate(models.Model):
    """The grading report of a stone."""

    stone = models.OneToOneField(Stone, on_delete=models.CASCADE, related_name="certificate")
    lab = models.CharField(max_length=40)
    number = models.CharField(max_length=24)
    #: True: the number is made up, nobody graded the stone, and every page that shows it says so.
    is_demo = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lab", "number"], name="certificate_number_once"),
        ]

    def __str__(self) -> str:
        return self.number
