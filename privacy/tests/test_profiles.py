"""The five policy profiles, and what happens with one that is missing or half."""

import pytest

from privacy.register import profiles

FACTS = {
    # slug: (first reply, alone from, parent from, erased below, channels, tags, card facts, subjects)
    "jane_ellen": (
        "5 bd",
        18,
        13,
        13,
        ("email",),
        "consent",
        ("brand", "last4", "expiry"),
        ("Privacy Inquiry", "Data Request"),
    ),
    "jen_hansen": ("5 bd", 18, 13, 13, ("email",), "never", (), ("Unsubscribe",)),
    "jessies_selection": ("48 h", 16, 13, 13, ("email", "sms", "post"), "never", (), ()),
    "jskeuc": (
        "5 bd",
        18,
        13,
        18,
        ("email", "sms", "post"),
        "consent",
        ("brand", "last4"),
        ("Attn: California Privacy",),
    ),
    "selenegleam": ("5 bd", 18, None, 13, ("email",), "never", ("brand", "last4"), ()),
}


@pytest.mark.parametrize("slug", FACTS)
def test_a_profile_says_what_its_shop_promises(slug):
    profile = profiles.named(slug)
    clocks = profile.clocks
    reply = f"{clocks.first_reply_hours} h" if clocks.first_reply_hours else f"{clocks.first_reply_business_days} bd"
    ages = profile.ages
    facts = (reply, ages.alone_from, ages.parent_from, ages.erased_below, profile.channels, profile.targeting_tags)
    assert (*facts, profile.card_facts, profile.mail_subjects) == FACTS[slug]
    assert clocks.complete_days == 30
    assert profile.retention_years("certificates") == 10
    assert profile.retention_years("orders") == (3 if slug == "jessies_selection" else 7)
    assert profile.retention["activity_months"] == 24
    assert profile.retention["analytics_cookie_months"] == 13
    assert profile.is_demo
    assert profile.contact.email.endswith(".example")


def test_all_profiles_are_known():
    assert profiles.slugs() == sorted(FACTS)


def test_an_unknown_profile_is_named_in_one_sentence():
    with pytest.raises(profiles.Unknown, match=r"^LOUPE_POLICY must be one of jane_ellen, .*; it is 'tiffany'"):
        profiles.named("tiffany")


def test_a_half_profile_is_refused(tmp_path):
    half = tmp_path / "half.toml"
    half.write_text('demo = false\nshop_name = "Half"\n')
    with pytest.raises(profiles.Unknown, match=r"half.toml, which is not a complete profile"):
        profiles.named(str(half))
