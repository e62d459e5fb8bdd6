"""The texts that people agree to, and the rows that keep each of them exactly as it was shown.

A text stands here once, under its slug. Showing it, and recording a yes to it, both go through `current`, so that what is kept is
what was read. Changing a text makes a new row the next time it is shown; rows are never changed, and old records keep theirs.
Another language is another table of the slugs that a page shows in it: no text is recorded in a language it was not read in.
"""

from __future__ import annotations

import hashlib
from typing import Final

from privacy.consent.models import ConsentNotice
from privacy.register import profiles

DEFAULT: Final = "en"

TEXTS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "banner": (
            "We set only the cookies that the shop needs. May we also {asked}? You can change your answer at any time under "
            "Cookie settings."
        ),
        "cookie_settings": (
            "What is strictly necessary is always on. Everything else is off until you switch it on, and each can be switched "
            "off again here at any time."
        ),
        "preferences": (
            "We send you only what you tick here, the way you tick it, until you untick it. {shop} does not pass your choice on."
        ),
        "text_messages": (
            "Switching on text messages lets {shop} send advertising to the mobile number you gave us. Nothing depends on it. "
            "Your provider may charge for receiving them. The answer STOP ends them."
        ),
        # Shown only where a shop chose the soft opt-in (`soft_opt_in`).
        "checkout_similar": (
            "Please do not write to me about pieces like those I buy.\n"
            "Unless you tick this, {shop} writes to you by e-mail about new pieces and offers of its own, like those you buy. "
            "Every such mail has a link to stop it. Your order does not depend on it."
        ),
        # Boxes at the checkout and at sign-up: the first line stands beside the box, the second below all of them.
        "checkout_new_pieces": (
            "Yes, write to me about new pieces by e-mail.\n"
            "It begins once your address is confirmed, and ends with the link in every mail. Your order does not depend on it."
        ),
        "checkout_offers": (
            "Yes, write to me about offers and sales by e-mail.\n"
            "It begins once your address is confirmed, and ends with the link in every mail. Your order does not depend on it."
        ),
        "checkout_care": (
            "Yes, write to me about the care of my pieces by e-mail.\n"
            "It begins once your address is confirmed, and ends with the link in every mail. Your order does not depend on it."
        ),
        "sign_up_new_pieces": (
            "Yes, write to me about new pieces by e-mail.\n"
            "It begins once your address is confirmed, and ends with the link in every mail. Your account does not depend on it."
        ),
        "sign_up_offers": (
            "Yes, write to me about offers and sales by e-mail.\n"
            "It begins once your address is confirmed, and ends with the link in every mail. Your account does not depend on it."
        ),
        "sign_up_care": (
            "Yes, write to me about the care of my pieces by e-mail.\n"
            "It begins once your address is confirmed, and ends with the link in every mail. Your account does not depend on it."
        ),
        "newsletter": (
            "{shop} may send me news about new pieces by e-mail, once I confirm my address. I can stop it at any time with the "
            "link in every mail."
        ),
        "gpc": (
            "Your browser asks us not to sell or share your information. We take it as your no to advertising chosen for you, "
            "here and, when you are signed in, for your account."
        ),
        "opt_out": "We do not sell or share your personal information for advertising, from this moment on.",
        "limit": "We use sensitive information only for what you ask of us: your order, its delivery, and keeping it safe.",
        "opt_in": (
            "You said no to advertising chosen for you before. With this you allow it all the same, until you take it back under "
            "Cookie settings."
        ),
        "recommendations": (
            "{shop} may choose pieces to show you from what you looked at and bought. Switch it off at any time; the shop stays "
            "the same."
        ),
        "partner_marketing": (
            "{shop} may give {partner} my e-mail address, so that {partner} can write to me about pieces of its own. Each time is "
            "on record under what others received about me. I can take it back here at any time; {partner} is then told to stop."
        ),
        "partner_opt_in": (
            "I or my browser said before that {shop} must not sell or share my information. With this I allow one thing all the "
            "same: {shop} may give {partner} my e-mail address, so that {partner} can write to me about pieces of its own. I can "
            "take it back here at any time; {partner} is then told to stop."
        ),
        # The first line stands beside the box, the second below both of them.
        "publish_review": (
            "Publish my review and its photo on the page of this piece.\n"
            "Below the name you chose here, once somebody of {shop} has read it, until you take it back."
        ),
        "use_photo": (
            "{shop} may show my photo elsewhere, too.\n"
            "In its newsletters and its advertising, without your name, until you take it back."
        ),
        "share_with_appraiser": (
            "{shop} may show {appraiser} what is listed here of my order {order}, by a link that works for 30 days. I can take "
            "this back at any time, here or in my preferences, and the link is closed at once."
        ),
        "sensitive_use": "{shop} may use this sensitive information for the purpose named here, until you take it back.",
        "parent": (
            "I am 18 or older and responsible for this child as a parent or guardian. I agree that {shop} keeps an account for "
            "them, for the orders and requests made with it. {shop} sends them no advertising. I can take this back at any time."
        ),
        "staff": (
            "{shop} notes for you what you told us in person, by telephone or by letter. You can see it, and change it, in your "
            "preferences."
        ),
    },
    # Only what a page shows in German: the preferences of somebody whose letters are in German.
    "de": {
        "preferences": (
            "Wir schicken Ihnen nur, was Sie hier ankreuzen, und so, wie Sie es ankreuzen, bis Sie das Kreuz wieder entfernen. "
            "{shop} gibt Ihre Wahl nicht weiter."
        ),
        "text_messages": (
            "Wenn Sie SMS einschalten, darf {shop} Werbung an die Mobilnummer schicken, die Sie uns gegeben haben. Nichts hängt "
            "davon ab. Ihr Anbieter kann für den Empfang Gebühren verlangen. Mit der Antwort STOP enden die SMS."
        ),
        "recommendations": (
            "{shop} darf nach dem, was Sie angesehen und gekauft haben, Stücke auswählen, die wir Ihnen zeigen. Sie können das "
            "jederzeit ausschalten; das Geschäft bleibt dasselbe."
        ),
        "publish_review": (
            "Meine Bewertung und ihr Foto auf der Seite dieses Stücks veröffentlichen.\n"
            "Unter dem Namen, den Sie hier gewählt haben, nachdem jemand bei {shop} sie gelesen hat, bis Sie es zurücknehmen."
        ),
        "use_photo": (
            "{shop} darf mein Foto auch anderswo zeigen.\n"
            "In Newslettern und in der Werbung, ohne Ihren Namen, bis Sie es zurücknehmen."
        ),
        "partner_marketing": (
            "{shop} darf {partner} meine E-Mail-Adresse geben, damit {partner} mir über eigene Stücke schreiben kann. Jedes Mal "
            "steht bei dem, was andere über mich erhalten haben. Ich kann das hier jederzeit zurücknehmen; {partner} erfährt dann, "
            "dass Schluss ist."
        ),
        "partner_opt_in": (
            "Ich oder mein Browser haben gesagt, dass {shop} meine Daten weder verkaufen noch teilen darf. Hiermit erlaube ich "
            "trotzdem eines: {shop} darf {partner} meine E-Mail-Adresse geben, damit {partner} mir über eigene Stücke schreiben "
            "kann. Ich kann das hier jederzeit zurücknehmen; {partner} erfährt dann, dass Schluss ist."
        ),
    },
}


ON_PREFERENCES: Final = ("preferences", "recommendations", "text_messages")
"""What the page of preferences shows, in the language of its reader's letters."""


class Unknown(LookupError):
    """There is no text of this name, in this language."""


def text(slug: str, locale: str = DEFAULT, **words: str) -> str:
    """What is shown today; *words* are those that the text leaves open. Raises `Unknown`."""
    try:
        return TEXTS[locale][slug].format(shop=profiles.current().shop_name, **words)
    except KeyError:
        raise Unknown(f"{slug} ({locale})")


def current(slug: str, locale: str = DEFAULT, **words: str) -> ConsentNotice:
    """The row that keeps what is shown today; made when this very text is shown for the first time. Raises `Unknown`."""
    said = text(slug, locale, **words)
    notice, _ = ConsentNotice.objects.get_or_create(
        digest=digest(slug, locale, said), defaults={"slug": slug, "locale": locale, "text": said}
    )
    return notice


def digest(slug: str, locale: str, words: str) -> str:
    """SHA-256 over what was shown, and where: 64 hex digits."""
    return hashlib.sha256("\n".join((slug, locale, words)).encode()).hexdigest()
