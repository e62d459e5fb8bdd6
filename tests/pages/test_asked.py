"""The question about cookies as a browser shows it: three answers of one size, on one layer, without a script and without hurry."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.processes import RunningShop

pytestmark = pytest.mark.slow
ANSWERS = ["Accept", "Refuse", "Choose"]
LOOK = """answers => answers.map(answer => {
  const box = answer.getBoundingClientRect(), style = getComputedStyle(answer)
  const paper = getComputedStyle(answer.closest('.consent'))
  return {
    words: answer.textContent.trim(),
    size: [Math.round(box.width), Math.round(box.height)],
    top: Math.round(box.top),
    look: [style.color, style.backgroundColor, style.borderTopColor, style.borderTopWidth, style.fontSize, style.fontWeight],
    paper: [paper.backgroundColor, paper.position, paper.opacity],
    layer: document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2) === answer,
  }
})"""
HEIGHT = "document.querySelector('.consent').getBoundingClientRect().height / innerHeight"
FOCUSED = "document.activeElement.textContent.trim() || document.activeElement.name || document.activeElement.tagName"


PHONE = pytest.param((360, 780, "dark"), id="phone, dark")
DESK = pytest.param((1440, 900, "light"), id="desk, light", marks=pytest.mark.prove)


@pytest.fixture(params=[PHONE, DESK])
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A browser nobody has used, that runs no script."""
    width, height, scheme = request.param
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, java_script_enabled=False
    )
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


@pytest.mark.promise("JE-59", "JE-51")
def test_all_three_answers_look_alike_and_lie_side_by_side(page: Page, processes: RunningShop) -> None:
    page.goto(processes.shop_url)
    found = page.eval_on_selector_all(".consent__answer", LOOK)
    assert [each["words"] for each in found] == ANSWERS
    for what in ("size", "top", "look", "paper", "layer"):
        assert [each[what] for each in found] == [found[0][what]] * 3, what
    assert found[0]["layer"], "nothing lies over them"
    assert found[0]["size"][1] >= 44
    assert page.evaluate(HEIGHT) <= 0.25, "most of the window is the shop's"
    assert page.locator(".hero__words").is_visible()
    assert page.locator(".consent input:checked").count() == 0


@pytest.mark.promise("JE-59", "JE-60", "JE-62", "JH-24")
def test_refusing_takes_one_key_as_accepting_does_and_nothing_is_lost(page: Page, processes: RunningShop) -> None:
    page.goto(f"{processes.shop_url}/category/necklaces/")
    stops = []
    for _ in range(4):
        page.keyboard.press("Tab")
        stops.append(page.evaluate(FOCUSED))
    assert stops == ["Skip to the content", *ANSWERS]
    page.get_by_role("button", name="Refuse", exact=True).press("Enter")
    page.wait_for_url("**/category/necklaces/")
    assert page.locator(".consent").count() == 0
    assert [(cookie["name"], cookie["httpOnly"]) for cookie in page.context.cookies()] == [("consent", True)]
    page.locator(".piece__link").first.click()
    page.get_by_role("button", name="Add to bag").click()
    page.wait_for_url("**/bag/")
    assert page.locator(".line").count() == 1, "the bag needs none of what was refused"


@pytest.mark.promise("JE-35", "JE-60", "JK-14")
def test_choosing_taking_back_and_forgetting_need_no_script(page: Page, processes: RunningShop) -> None:
    page.goto(processes.shop_url)
    page.locator("summary", has_text="Choose").click()
    page.get_by_role("checkbox", name="Performance").check()
    page.get_by_role("button", name="Keep my choice").click()
    page.wait_for_url(f"{processes.shop_url}/")
    page.get_by_role("link", name="Cookie settings").click()
    assert page.get_by_role("checkbox", name="Performance").is_checked()
    page.get_by_role("button", name="Refuse all").click()
    assert page.get_by_text("is kept.").is_visible()
    assert not page.get_by_role("checkbox", name="Performance").is_checked()
    page.get_by_role("button", name="Clear this device").click()
    page.wait_for_url("**/device-cleared/")
    assert page.context.cookies() == []


def test_the_question_costs_no_request_and_the_answer_lifts_it_off_the_cached_page(
    browser: Browser, processes: RunningShop
) -> None:
    home = f"{processes.shop_url}/"
    context = browser.new_context()
    page, asked_for = context.new_page(), []
    page.on("request", lambda request: asked_for.append(request.url))
    visits = []
    for answered in (False, True):
        asked_for.clear()
        response = page.goto(home, wait_until="load")
        assert response is not None
        visits.append((len(response.body()), sorted(set(asked_for))))
        assert page.locator(".consent").count() == (0 if answered else 1)
        if not answered:
            page.get_by_role("button", name="Refuse", exact=True).click()
            page.wait_for_url(home)
    context.close()
    (undecided, first), (decided, second) = visits
    assert set(first) <= set(second), "what the browser fetches late, it may fetch on the second visit only"
    assert 0 < undecided - decided < 2_500, "bytes, before compression"
