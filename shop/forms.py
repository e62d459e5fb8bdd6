"""What the shop window is asked: filters in an address. A value that makes no sense gets a message beside its field; the
others still count."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.http import QueryDict

from shop import catalogue, finder, money

NOT_ONE_OF_THESE = "“%(value)s” is not one of these."
MOST_DIGITS = 9
CURRENCY = "USD"


def ticks(values: Iterable[str]) -> forms.MultipleChoiceField:
    """A facet: any number of its values."""
    return forms.MultipleChoiceField(
        choices=[(value, value) for value in values],
        required=False,
        error_messages={"invalid_choice": NOT_ONE_OF_THESE, "invalid_list": "This is not a list of values."},
    )


def one_of(values: Iterable[str]) -> forms.ChoiceField:
    """One of some values, or nothing."""
    return forms.ChoiceField(
        choices=[(value, value) for value in values],
        required=False,
        error_messages={"invalid_choice": NOT_ONE_OF_THESE},
    )


def number(low: int, high: int, *, places: int = 2) -> forms.DecimalField:
    """One end of a range."""
    bounds = f"From {low:,} to {high:,}."
    return forms.DecimalField(
        min_value=low,
        max_value=high,
        decimal_places=places,
        required=False,
        error_messages={
            "invalid": "Write a number.",
            "min_value": bounds,
            "max_value": bounds,
            "max_decimal_places": f"At most {places} digits behind the point.",
            "max_digits": bounds,
            "max_whole_digits": bounds,
        },
    )


def page_number(data: QueryDict) -> int:
    """The page asked for; the first where the address says something else."""
    text = data.get("page", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS else 1


class FilterForm(forms.Form):
    """Filters in an address: every field may be absent or wrong without the others suffering."""

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data)
        self.address = data
        self.is_valid()

    def typed(self, name: str) -> list[str]:
        """What the address says of a field, right or wrong."""
        return [value for value in self.address.getlist(name) if value]

    def values(self, name: str) -> list[str]:
        """The ticked values of a facet; none when they make no sense."""
        values: list[str] = self.cleaned_data.get(name) or []
        return values

    def error(self, *names: str) -> str:
        """The first message about any of these fields."""
        return next((str(self.errors[name][0]) for name in names if name in self.errors), "")

    def query(self) -> str:
        """The filters as an address has them, without the page: what a link to another page keeps."""
        address = QueryDict(mutable=True)
        for name in self.fields:
            address.setlist(name, self.typed(name))
        return address.urlencode()


class CategoryForm(FilterForm):
    """The facets and the order of a category page."""

    metal = ticks(catalogue.FACETS["metal"][1])
    carat = ticks(catalogue.FACETS["carat"][1])
    price = ticks(catalogue.FACETS["price"][1])
    sort = one_of(catalogue.SORTS)

    @property
    def ticked(self) -> dict[str, list[str]]:
        return {name: self.values(name) for name in catalogue.FACETS}

    @property
    def order(self) -> str:
        return self.cleaned_data.get("sort") or "featured"


class FinderForm(FilterForm):
    """The facets, ranges and order of the stone finder. Prices are in dollars; `colour_min` means this colour or better."""

    shape = ticks(finder.STORED["shape"])
    origin = ticks(finder.STORED["origin"])
    cut = ticks(finder.STORED["cut"])
    colour = ticks(finder.STORED["colour"])
    clarity = ticks(finder.STORED["clarity"])
    colour_min = one_of(finder.STORED["colour"])
    carat_min = number(0, 100)
    carat_max = number(0, 100)
    price_min = number(0, 10_000_000)
    price_max = number(0, 10_000_000)
    depth_min = number(0, 100, places=1)
    depth_max = number(0, 100, places=1)
    table_min = number(0, 100, places=1)
    table_max = number(0, 100, places=1)
    sort = one_of(finder.SORTS)

    def clean(self) -> dict[str, Any]:
        """A range that ends before it begins is a mistake, and says so rather than finding nothing."""
        for name in finder.RANGES:
            low, high = self._ends(name)
            if low is not None and high is not None and low > high:
                self.add_error(f"{name}_max", "This is less than “from”.")
                del self.cleaned_data[f"{name}_min"]
        return self.cleaned_data

    @property
    def filters(self) -> finder.Filters:
        """What the room is asked, in stored values and units."""
        ticked = {name: frozenset(finder.STORED[name][spelt] for spelt in self.values(name)) for name in finder.GRADES}
        if not ticked["colour"] and self.cleaned_data.get("colour_min"):
            ticked["colour"] = finder.at_least("colour", self.cleaned_data["colour_min"])
        ranges = {name: finder.Range(*self._ends(name)) for name in finder.RANGES}
        ranges["price"] = finder.Range(*(_minor(amount) for amount in ranges["price"]))
        return finder.Filters(ticked, {name: ends for name, ends in ranges.items() if ends != finder.Range()})

    @property
    def order(self) -> str:
        return self.cleaned_data.get("sort") or "price"

    def _ends(self, name: str) -> tuple[Decimal | None, Decimal | None]:
        return self.cleaned_data.get(f"{name}_min"), self.cleaned_data.get(f"{name}_max")


def _minor(dollars: Decimal | None) -> Decimal | None:
    return None if dollars is None else Decimal(money.from_major(dollars, CURRENCY))


class SearchForm(forms.Form):
    """The words of a search."""

    q = forms.CharField(
        label="Search",
        required=False,
        max_length=100,
        error_messages={
            "max_length": "At most 100 characters, please.",
            "null_characters_not_allowed": "Letters only, please.",
        },
    )
