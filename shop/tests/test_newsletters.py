"""What a newsletter shows of the catalogue."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from shop import newsletters
from shop.tests.goods import make_category, make_piece

pytestmark = pytest.mark.django_db


@pytest.fixture
def piece():
    return make_piece(make_category(), name="Alba")


def test_a_piece_comes_with_its_picture_as_every_mail_program_shows_it(piece):
    (shown,) = newsletters.find([piece.slug, "no-such-piece"])
    with Image.open(io.BytesIO(newsletters.jpeg(shown))) as picture:
        assert (picture.format, picture.size) == ("JPEG", (shown.width, shown.height))
    assert shown.picture == f"/static/{shown.source}"


def test_a_piece_that_is_not_on_sale_is_not_shown(piece):
    type(piece).objects.update(is_live=False)
    assert (newsletters.find([piece.slug]), newsletters.choices()) == ([], [])
