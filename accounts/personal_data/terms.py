"""What several of the accounts' tables say alike: how long they stay, and how a secret is declared."""

from collections.abc import Iterable
from typing import Any, Final

from privacy.register.declare import Category, Export, Retention, Source, personal

WHILE_ACCOUNT: Final = Retention.while_account()


def hidden(
    category: Category, source: Source = Source.DERIVED, *, sensitive: bool = False, recipients: Iterable[str] = ()
) -> Any:
    """A secret: a copy of it would only help a thief. *sensitive*: it never rests in the clear."""
    return personal(category, source=source, on_export=Export.HIDE, sensitive=sensitive, recipients=recipients)
