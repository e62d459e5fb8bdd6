"""What people do in the shop, in their own words, by pages and mails only. The journeys read like the stories they test."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.processes import RunningShop

PASSWORD = "seven quiet lanterns 42"


@dataclass
class Person:
    """Somebody with a browser of their own."""

    page: Page
    shop: RunningShop
    email: str = ""
    full_name: str = ""
    phone: str = ""
    street: str = ""
    password: str = PASSWORD
    orders: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        self.page.goto(f"{self.shop.shop_url}{path}")

    def press(self, name: str | re.Pattern[str]) -> None:
        self.page.get_by_role("button", name=name).first.click()

    def follow(self, name: str | re.Pattern[str]) -> None:
        self.page.get_by_role("link", name=name).first.click()

    def types(self, label: str, text: str) -> None:
        self.page.get_by_label(label, exact=False).first.fill(text)

    def sees(self, text: str | re.Pattern[str], *, seconds: float = 15) -> None:
        expect(self.page.locator("main, #main").first).to_contain_text(text, timeout=seconds * 1000)

    def mail(self, subject: str, *, seconds: float = 30):
        return self.shop.mail.latest(self.email, subject=subject, seconds=seconds)

    # Buying

    def chooses_a_necklace(self) -> None:
        """From the home page to a product page, as a stranger would."""
        self.open("/")
        self.page.get_by_role("navigation").get_by_role("link", name="Necklaces").first.click()
        self.page.locator("main a[href^='/product/']").first.click()
        expect(self.page.get_by_role("heading", level=1)).to_be_visible()

    def puts_it_in_the_bag(self) -> None:
        self.press(re.compile("add to bag", re.I))
        self.open("/bag/")
        expect(self.page.get_by_role("link", name="Check out")).to_be_visible()

    def fills_in_the_checkout(self) -> None:
        self.follow("Check out")
        email = self.page.get_by_role("textbox", name="E-mail")
        if email.is_editable():
            email.fill(self.email)
        if (age := self.page.get_by_label("How old are you?")).count():
            age.select_option("25 to 39")
        self.types("Full name", self.full_name)
        self.types("Phone", self.phone)
        self.page.get_by_label("State or country").select_option("US-NY")
        self.page.get_by_label("Address", exact=True).fill(self.street)
        self.types("Town or city", "New York")
        self.types("Postal code", "10012")

    def goes_to_pay(self) -> None:
        """Press *Pay*; where the address changed the total, agree to it and press again."""
        self.press(re.compile("^Pay"))
        self.page.wait_for_load_state()
        if "/checkout/" in self.page.url:
            self.press(re.compile("^Pay"))
        self.page.wait_for_url(re.compile(re.escape(self.shop.stripe_url)))

    def pays(self, card: str = "4242 4242 4242 4242") -> str:
        """Pay on the hosted page; returns the order's reference."""
        if (email := self.page.get_by_label("E-mail")).count():
            email.fill(self.email)
        self.page.get_by_text(card).click()
        self.press(re.compile("^Pay"))
        self.page.wait_for_url(re.compile(re.escape(self.shop.shop_url)))
        expect(self.page.get_by_role("heading", name="Thank you")).to_be_visible()
        reference = re.search(r"LP-\w{4}-\w{4}", self.page.content())
        assert reference
        self.orders.append(reference[0])
        return reference[0]

    def buys_a_necklace(self) -> str:
        self.chooses_a_necklace()
        self.puts_it_in_the_bag()
        self.fills_in_the_checkout()
        self.goes_to_pay()
        return self.pays()

    # The account

    def signs_up(self) -> None:
        """Make an account and confirm the address by the mailed link."""
        self.open("/accounts/signup/")
        self.page.get_by_label("How old are you?").select_option("25 to 39")
        self.press("Continue")
        self.types("E-mail", self.email)
        self.page.get_by_label("Password").first.fill(self.password)
        self.types("Full name", self.full_name)
        self.press("Make an account")
        link = self.mail("confirm").link("/accounts/confirm-email/")
        self.page.goto(link)
        if self.page.get_by_role("button", name=re.compile("confirm", re.I)).count():
            self.press(re.compile("confirm", re.I))
        self.page.wait_for_load_state()

    def signs_in(self) -> None:
        self.open("/accounts/login/")
        self.types("E-mail", self.email)
        self.page.get_by_label("Password").first.fill(self.password)
        self.press("Sign in")
        self.page.wait_for_url(lambda url: "/accounts/login" not in url)

    def proves_it_is_them(self) -> None:
        """Type the password again where the page asks for it."""
        self.page.wait_for_load_state()
        if "/reauthenticate" in self.page.url:
            self.page.get_by_label("Password").first.fill(self.password)
            self.page.locator("main form button").first.click()
            self.page.wait_for_url(lambda url: "/reauthenticate" not in url)

    # The desk

    def acts_on(self, path: str, reference: str, act: str, **typed: str) -> None:
        """Find a row by its reference, open it, choose an act, fill in what it asks and confirm."""
        self.open(f"{path}?q={reference}")
        self.page.get_by_role("link", name=reference).first.click()
        self.page.get_by_role("link", name=act, exact=True).first.click()
        self.decides(act, **typed)

    def decides(self, act: str, **typed: str) -> None:
        """Fill in what the page asks and press its button."""
        for name, text in typed.items():
            control = self.page.locator(f"[name='{name}']").first
            if control.evaluate("element => element.tagName") == "SELECT":
                control.select_option(text)
            elif control.get_attribute("type") in ("radio", "checkbox"):
                self.page.locator(f"[name='{name}'][value='{text}']").check()
            else:
                control.fill(text)
        self.page.locator("form").get_by_role("button", name=act, exact=True).click()
        self.page.wait_for_load_state()


def staff(role: str, page: Page, shop: RunningShop) -> Person:
    """The member of staff with *role* in the demo, signed in."""
    logins = json.loads((Path(shop.shop.home) / "demo.json").read_text())["staff"]
    login = next(each for each in logins if each["role"] == role)
    person = Person(page, shop, email=login["email"], password=login["password"])
    person.signs_in()
    return person
