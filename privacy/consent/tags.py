"""Scripts and pixels of third parties: what each is for, what it keeps in the browser, and when it may run.

A tag runs where three agree: the environment gives it an id, the shop's profile does not forbid its group, and the visitor allowed
the group. It is then part of the page, whose content policy names its hosts; else there is nothing of it on any page.
`shop.tagged` says on which pages. What is declared here enters the register of cookies, so switching a tag on asks everybody again.

Loading a tag is the shop's own act (CJEU C-40/17, *Fashion ID*); its vendor is a recipient who follows a policy of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from django.conf import settings

from privacy.consent.entries import Category, Entry, Kind, months
from privacy.register import agreements, profiles

if TYPE_CHECKING:
    from privacy.consent.choice import Choice

GOOGLE_POLICY: Final = "https://policies.google.com/privacy"
HOTJAR_POLICY: Final = "https://www.hotjar.com/legal/policies/privacy/"
META_POLICY: Final = "https://www.facebook.com/privacy/policy/"
LONGEST: Final = months(13)  # CNIL: audience measurement
SESSION: Final = timedelta(0)

#: Consent Mode v2: what Google's tags ask about, and what each rests on here. All are denied before any of them is granted.
SIGNALS: Final[Mapping[str, Category | None]] = {
    "ad_storage": Category.TARGETING,
    "ad_user_data": Category.TARGETING,
    "ad_personalization": Category.TARGETING,
    "analytics_storage": Category.PERFORMANCE,
    "functionality_storage": Category.FUNCTIONALITY,
    "personalization_storage": Category.FUNCTIONALITY,
    "security_storage": None,  # nothing here needs it, so it is never granted
}


@dataclass(frozen=True)
class Tag:
    """One script or pixel of a third party. *address* has `{id}` where the shop's id goes."""

    slug: str
    name: str
    vendor: str
    vendor_policy: str
    category: Category
    purpose: str
    address: str
    hosts: Mapping[str, tuple[str, ...]] = field(hash=False)  # what the page's content policy must name, by directive
    keeps: tuple[Entry, ...]
    kind: Kind = Kind.TAG
    is_cross_site: bool = False
    is_told_how_long: bool = False  # whether its cookies live as long as we tell it

    @property
    def id(self) -> str:
        """The shop's id at the vendor; empty where the tag is not switched on."""
        return str(settings.LOUPE_TAGS.get(self.slug, ""))

    @property
    def url(self) -> str:
        """Where the browser gets it."""
        return self.address.format(id=self.id)

    @property
    def entries(self) -> Iterator[Entry]:
        """Its lines of the register: itself, and whatever it keeps."""
        yield Entry(
            name=self.name,
            kind=self.kind,
            category=self.category,
            purpose=self.purpose,
            lives=SESSION,
            holds="Your network address and which browser you use reach the vendor with every load, and which page you are on.",
            set_when=f"You open a page of the shop window and allow {self.category.value}.",
            vendor=self.vendor,
            vendor_policy=self.vendor_policy,
            is_cross_site=self.is_cross_site,
        )
        for kept in self.keeps:
            yield replace(
                kept,
                lives=min(kept.lives, longest()) if self.is_told_how_long else kept.lives,
                vendor=self.vendor,
                vendor_policy=self.vendor_policy,
                set_when=f"{self.name} runs.",
                is_cross_site=bool(kept.host),
            )


GOOGLE_SCRIPTS: Final = ("https://*.googletagmanager.com",)
GOOGLE_ADS_HOSTS: Final = (
    "https://www.googleadservices.com",
    "https://googleads.g.doubleclick.net",
    "https://www.google.com",
)
SAME_PERSON: Final = "A random number, by which {} knows this browser again."

DECLARED: Final = (
    Tag(
        slug="google-analytics",
        name="Google Analytics",
        vendor="Google",
        vendor_policy=GOOGLE_POLICY,
        category=Category.PERFORMANCE,
        purpose="To measure how the pages are used.",
        address="https://www.googletagmanager.com/gtag/js?id={id}",
        # https://developers.google.com/tag-platform/security/guides/csp
        hosts={
            "script-src": GOOGLE_SCRIPTS,
            "img-src": ("https://*.google-analytics.com", *GOOGLE_SCRIPTS),
            "connect-src": ("https://*.google-analytics.com", "https://*.analytics.google.com", *GOOGLE_SCRIPTS),
        },
        keeps=(
            Entry(
                name="_ga",
                category=Category.PERFORMANCE,
                purpose="To tell one visitor from another in counts.",
                holds=SAME_PERSON.format("Google Analytics"),
                lives=LONGEST,
            ),
            Entry(
                name="_ga_*",
                category=Category.PERFORMANCE,
                purpose="To tell one visit from another in counts.",
                holds="When this visit and the last began, and how many pages it has had.",
                lives=LONGEST,
            ),
        ),
        is_told_how_long=True,
    ),
    Tag(
        slug="hotjar",
        name="Hotjar",
        vendor="Hotjar",
        vendor_policy=HOTJAR_POLICY,
        category=Category.PERFORMANCE,
        purpose="To see where pages are clicked and how far they are read.",
        address="https://static.hotjar.com/c/hotjar-{id}.js?sv=6",
        hosts={
            "script-src": ("https://static.hotjar.com", "https://script.hotjar.com"),
            "img-src": ("https://*.hotjar.com",),
            "font-src": ("https://script.hotjar.com",),
            "connect-src": ("https://*.hotjar.com", "https://*.hotjar.io", "wss://*.hotjar.com"),
        },
        keeps=(
            Entry(
                name="_hjSessionUser_*",
                category=Category.PERFORMANCE,
                purpose="To tell one visitor from another.",
                holds=SAME_PERSON.format("Hotjar"),
                lives=timedelta(days=365),
            ),
            Entry(
                name="_hjSession_*",
                category=Category.PERFORMANCE,
                purpose="To keep the pages of one visit together.",
                holds="A random number of this visit.",
                lives=timedelta(minutes=30),
            ),
            Entry(
                name="_hjTLDTest",
                category=Category.PERFORMANCE,
                purpose="To find out for which domain a cookie can be kept; taken away at once.",
                holds="A word for trying.",
                lives=SESSION,
            ),
            Entry(
                name="hjViewportId",
                kind=Kind.STORAGE,
                category=Category.PERFORMANCE,
                purpose="To know the size of the window.",
                holds="A random number of this tab.",
                lives=SESSION,
            ),
            Entry(
                name="hjActiveViewportIds",
                kind=Kind.STORAGE,
                category=Category.PERFORMANCE,
                purpose="To know which tabs are open.",
                holds="The random numbers of the tabs.",
                lives=SESSION,
            ),
        ),
    ),
    Tag(
        slug="google-ads",
        name="Google Ads",
        vendor="Google",
        vendor_policy=GOOGLE_POLICY,
        category=Category.TARGETING,
        purpose="To learn which advertisement led to the shop, and to show advertisements to people who were here.",
        address="https://www.googletagmanager.com/gtag/js?id={id}",
        hosts={
            "script-src": (*GOOGLE_SCRIPTS, *GOOGLE_ADS_HOSTS),
            "img-src": (*GOOGLE_SCRIPTS, *GOOGLE_ADS_HOSTS),
            "connect-src": (*GOOGLE_SCRIPTS, *GOOGLE_ADS_HOSTS, "https://pagead2.googlesyndication.com"),
            "frame-src": ("https://td.doubleclick.net", "https://www.googletagmanager.com"),
        },
        keeps=(
            Entry(
                name="_gcl_*",
                category=Category.TARGETING,
                purpose="To tie a visit to the advertisement that led to it.",
                holds="The number of the click on an advertisement, if there was one, and a random number.",
                lives=timedelta(days=90),
            ),
            Entry(
                name="IDE",
                host="doubleclick.net",
                category=Category.TARGETING,
                purpose="To choose advertisements on other sites.",
                holds=SAME_PERSON.format("Google"),
                lives=months(13),
            ),
            Entry(
                name="test_cookie",
                host="doubleclick.net",
                category=Category.TARGETING,
                purpose="To find out whether the browser takes cookies.",
                holds="A word for trying.",
                lives=timedelta(minutes=15),
            ),
        ),
        is_cross_site=True,
    ),
    # A picture, not a script: nothing of the vendor's runs on our pages, so it learns the visit and nothing from the page.
    Tag(
        slug="meta",
        name="Meta pixel",
        vendor="Meta",
        vendor_policy=META_POLICY,
        category=Category.TARGETING,
        purpose="To learn which advertisement led to the shop, and to show advertisements to people who were here.",
        address="https://www.facebook.com/tr?id={id}&ev=PageView&noscript=1",
        hosts={"img-src": ("https://www.facebook.com",)},
        keeps=(
            Entry(
                name="fr",
                host="facebook.com",
                category=Category.TARGETING,
                purpose="To choose advertisements on other sites.",
                holds=SAME_PERSON.format("Meta"),
                lives=timedelta(days=90),
            ),
        ),
        kind=Kind.PIXEL,
        is_cross_site=True,
    ),
)


@dataclass(frozen=True)
class Loading:
    """What a page needs to run its tags: read by `components/tags.html`, and by the small script that page carries."""

    google: list[str] = field(default_factory=list)
    script: str = ""  # Google's, one for all of its ids
    hotjar: str = ""
    hotjar_script: str = ""
    pixels: list[str] = field(default_factory=list)
    granted: list[str] = field(default_factory=list)
    cookie_seconds: int = 0

    @property
    def signals(self) -> list[str]:
        """Everything that is denied first."""
        return list(SIGNALS)

    @property
    def has_scripts(self) -> bool:
        return bool(self.google or self.hotjar)


def enabled() -> tuple[Tag, ...]:
    """The tags with an id that the shop's profile allows at all."""
    return tuple(tag for tag in DECLARED if tag.id and not _is_forbidden(tag))


def forbidden() -> list[Tag]:
    """The tags with an id that the shop's profile promises not to run. They do not run; a system check refuses the start."""
    return [tag for tag in DECLARED if tag.id and _is_forbidden(tag)]


def unbound(*, on: date) -> list[tuple[Tag, list[str]]]:
    """The enabled tags whose vendor no agreement binds on that day, and what it lacks; a system check refuses the start."""
    return [(tag, lacks) for tag in enabled() if (lacks := agreements.lacking(tag.slug, on=on))]


def running(choice: Choice) -> tuple[Tag, ...]:
    """The tags that may run for somebody with this choice."""
    return tuple(tag for tag in enabled() if choice.allows(tag.category))


def granted(choice: Choice) -> list[str]:
    """The signals of Consent Mode that this choice grants; the others stay denied."""
    return [name for name, category in SIGNALS.items() if category is not None and choice.allows(category)]


def loading(tags: Iterable[Tag], choice: Choice) -> Loading:
    """How a page loads *tags* for somebody with this choice."""
    by_slug = {tag.slug: tag for tag in tags}
    google = [by_slug[slug] for slug in ("google-analytics", "google-ads") if slug in by_slug]
    hotjar = by_slug.get("hotjar")
    return Loading(
        google=[tag.id for tag in google],
        script=google[0].url if google else "",
        hotjar=hotjar.id if hotjar else "",
        hotjar_script=hotjar.url if hotjar else "",
        pixels=[tag.url for tag in by_slug.values() if tag.kind == Kind.PIXEL],
        granted=granted(choice),
        cookie_seconds=int(longest().total_seconds()),
    )


def longest() -> timedelta:
    """How long a cookie that measures may live here: the shop's policy or the law, whichever is shorter."""
    return min(months(profiles.current().retention["analytics_cookie_months"]), LONGEST)


def hosts(tags: Iterable[Tag]) -> dict[str, list[str]]:
    """What the content policy of a page with *tags* names besides our own, by directive."""
    named: dict[str, list[str]] = {}
    for tag in tags:
        for directive, sources in tag.hosts.items():
            known = named.setdefault(directive, [])
            known += [source for source in sources if source not in known]
    return named


def entries() -> Iterator[Entry]:
    """The lines of the register that the enabled tags bring."""
    for tag in enabled():
        yield from tag.entries


def _is_forbidden(tag: Tag) -> bool:
    return tag.category == Category.TARGETING and profiles.current().targeting_tags == "never"
