"""Nothing raw of a person stands on a page of the admin, for any role, unless a reveal or an open purpose put it there."""

from __future__ import annotations

from itertools import cycle

import pytest
from django.contrib import admin

from accounts import roles
from accounts.models import User
from privacy.register import masks, synthetic
from privacy.tests.people import NOON
from tests.permissions import crawl, matrix, rows

pytestmark = [pytest.mark.django_db, pytest.mark.promise("JS-32", "JE-103", "SG-11", "SG-12", "JH-28")]


PLAIN = ("/add/", "/delete/", "/history/", "/reveal/")  # looked at by the whole crawl


@pytest.fixture
def clerks() -> dict[str, User]:
    """One person for each role, and Alice with a canary in every personal column."""
    rows.make(at=NOON)
    crawl.mark()
    return {role: user for role, user in rows.people().items() if user is not None and role in roles.ROLES}


def test_every_page_as_one_of_those_who_may(clerks: dict[str, User]) -> None:
    """Each list, row and decision once, by the roles in turn."""
    agreed, turns, wrong, opened = matrix.agreed(), cycle(range(len(roles.ROLES))), [], set()
    browsers = {role: crawl.browser(user) for role, user in clerks.items()}
    for page in matrix.pages():
        cells = dict(zip(rows.PEOPLE, agreed.get(page.name, ()), strict=False))
        may = [role for role in roles.ROLES if cells.get(role, "").startswith("200") and not page.action]
        if may and not page.name.endswith(PLAIN):
            role = may[next(turns) % len(may)]
            seen = crawl.see(browsers[role], f"/{page.path}")
            opened.add(role) if seen.status == 200 else wrong.append(f"{seen.path} is answered {seen.status}")
            wrong += [f"{role}: {each}" for each in crawl.amiss(seen, masks.sight_of(clerks[role]))]
    assert not wrong, "\n".join(wrong)
    assert opened == set(roles.ROLES)


def test_what_is_revealed_is_on_record_field_by_field(clerks: dict[str, User]) -> None:
    """Every page that can be revealed, as the owner, who may reveal them all: each field that shows is named by a look."""
    browser, found, wrong = crawl.browser(clerks[roles.OWNER]), set(), []
    for path in crawl.reveals():
        seen = crawl.see(browser, path, crawl.WHY)
        found |= seen.shown
        wrong += crawl.amiss(seen, masks.sight_of(clerks[roles.OWNER]), is_revealed=True)
    assert not wrong, "\n".join(wrong)
    assert {("orders.Order", "email"), ("accounts.User", "full_name"), ("privacy.DataRequest", "contact")} <= found


def test_the_crawl_sees_a_mask_that_is_taken_off(clerks: dict[str, User], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masks.Sight, "hides", lambda self, declaration: [])
    user = clerks[roles.PRIVACY_DESK]
    order = rows.of(next(model for model in rows.registered() if model._meta.label == "orders.Order"))
    assert order is not None
    seen = crawl.see(crawl.browser(user), f"/admin/orders/order/{order.pk}/change/")
    assert f"{seen.path} shows orders.Order.ship_line1, which the role does not work with" in crawl.amiss(
        seen, masks.sight_of(user)
    )
    assert synthetic.field_of(synthetic.number_of("orders.Order", "email")) == ("orders.Order", "email")


@pytest.mark.prove
@pytest.mark.parametrize("role", roles.ROLES)
def test_the_whole_admin_as_each_role(clerks: dict[str, User], role: str) -> None:
    """Every page, list, search, suggestion and history; then each row's pages in every state in which it can stand."""
    browser, sight = crawl.browser(clerks[role]), masks.sight_of(clerks[role])
    wrong, opened = [], 0
    for path in crawl.pages_with_more():
        seen = crawl.see(browser, path)
        opened += seen.status == 200
        wrong += crawl.amiss(seen, sight)
    for model in admin.site._registry:
        beginning = f"{matrix.DESK}{model._meta.app_label}/{model._meta.model_name}/"
        if crawl.see(browser, f"/{beginning}").status != 200:
            continue
        below = [page for page in matrix.pages() if page.path.startswith(beginning) and not page.action]
        below = [page for page in below if not page.name.endswith(PLAIN)]
        for state in crawl.states(model):
            for page in below:
                seen = crawl.see(browser, f"/{page.path}")
                opened += seen.status == 200
                wrong += [f"{state}: {each}" for each in crawl.amiss(seen, sight)]
    assert not wrong, "\n".join(sorted(set(wrong)))
    assert opened > 10
