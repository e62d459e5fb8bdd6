"""The page a shopper pays on: plain HTML, no script, unmistakably a local test page.

Every function here returns a whole page. What a click does is in ``server`` and ``till``.
"""

from __future__ import annotations

from decimal import Decimal
from html import escape
from pathlib import Path
from typing import Final

from .cards import CARDS
from .store import Json

STYLESHEET: Final = Path(__file__).with_name("hosted.css").read_bytes()

#: Currencies whose smallest unit is the unit itself. *Source*: https://docs.stripe.com/currencies#zero-decimal
_ZERO_DECIMAL: Final = frozenset(
    {"bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "ugx", "vnd", "vuv", "xaf", "xof", "xpf"}
)
_SYMBOLS: Final = {"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥"}


def amount(minor: int, currency: str) -> str:
    """``1250.00 USD`` as a shopper reads it: ``$1,250.00``."""
    digits = 0 if currency in _ZERO_DECIMAL else 2
    figure = f"{Decimal(minor).scaleb(-digits):,.{digits}f}"
    symbol = _SYMBOLS.get(currency)
    return f"{symbol}{figure}" if symbol else f"{figure} {currency.upper()}"


#: Stripe asks for an e-mail where the shop sent none. Here it is filled in already: this is a test page.
SOMEBODY: Final = "shopper@example.com"


def pay_page(session: Json, lines: list[Json], *, problem: str = "", email: str = SOMEBODY) -> str:
    """The open session: what is paid for, the test cards, and the way back."""
    total = amount(session["amount_total"], session["currency"])
    return _page(
        f"Pay {total}",
        f"""
    {_problem(problem)}
    <p class="total"><span>Total to pay</span> <strong>{escape(total)}</strong></p>
    {_lines(lines)}
    <form method="post">
      {_email_field(session, email)}
      <fieldset>
        <legend>Choose a test card</legend>
        {_card_choices()}
      </fieldset>
      <button type="submit">Pay {escape(total)}</button>
    </form>
    {_way_back(session)}""",
    )


def bank_page(intent: Json) -> str:
    """The bank's question after a card that asks for 3-D Secure."""
    total = amount(intent["amount"], intent["currency"])
    return _page(
        "Confirm with your bank",
        f"""
    <p>This stands in for the page of the bank that issued the card (3-D Secure).</p>
    <p class="total"><span>Payment to confirm</span> <strong>{escape(total)}</strong></p>
    <form method="post">
      <button type="submit" name="answer" value="authorise">Authorise the payment</button>
      <button type="submit" name="answer" value="fail" class="quiet">Fail the confirmation</button>
    </form>""",
    )


def closed_page(session: Json) -> str:
    """A session that can no longer be paid: complete, or expired."""
    if session["status"] == "complete":
        back = str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])
        return _page(
            "This payment is complete",
            f"""    <p>You are all done here: nothing more will be charged.</p>
    <p><a href="{escape(back)}">Return to the shop</a></p>""",
        )
    return _page(
        "This payment page has expired",
        f"    <p>Nothing was charged. Go back to the shop to start again.</p>{_way_back(session)}",
    )


def message_page(title: str, sentence: str) -> str:
    return _page(title, f"<p>{escape(sentence)}</p>")


def _page(title: str, content: str) -> str:
    return f"""<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="robots" content="noindex">
  <title>{escape(title)} · local test payment</title>
  <link rel="stylesheet" href="/c/hosted.css">
  <link rel="icon" href="data:,">
</head>
<body>
  <header><strong>Test payment.</strong> A local stand-in for Stripe: no real card, no money.</header>
  <main>
    <h1>{escape(title)}</h1>
{content}
  </main>
</body>
</html>
"""


def _problem(problem: str) -> str:
    return f'<p class="problem" role="alert">{escape(problem)}</p>' if problem else ""


def _lines(lines: list[Json]) -> str:
    rows = "".join(
        f"<li><span>{escape(str(line['description']))}{_times(line['quantity'])}</span> "
        f"<span>{escape(amount(line['amount_total'], line['currency']))}</span></li>"
        for line in lines
    )
    return f'<ul class="lines">{rows}</ul>'


def _times(quantity: int) -> str:
    return f" × {quantity}" if quantity > 1 else ""


def _email_field(session: Json, email: str) -> str:
    if session["customer_email"]:
        return f'<p class="email">{escape(session["customer_email"])}</p>'
    return (
        '<p class="field"><label for="email">E-mail</label>'
        f'<input id="email" name="email" type="email" autocomplete="email" required value="{escape(email)}"></p>'
    )


def _card_choices() -> str:
    return "".join(
        f"""<label class="card"><input type="radio" name="card" value="{card.number}"{" checked" if index == 0 else ""}>
        <span><span class="number">{card.spaced}</span> <span class="what">{escape(card.label)}</span></span></label>"""
        for index, card in enumerate(CARDS)
    )


def _way_back(session: Json) -> str:
    if not session["cancel_url"]:
        return ""
    return f'<p class="back"><a href="{escape(session["cancel_url"])}">Cancel and return to the shop</a></p>'
