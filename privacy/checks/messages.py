"""The kinds of message: marketing says what people must have agreed to, and nothing else asks for it."""

from typing import Any

from django.core import checks

from privacy.checks.findings import error
from privacy.messages import kinds


@checks.register("privacy")
def kinds_say_what_they_are(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """E015: a marketing kind without a topic that somebody could agree to, or a transactional one with one."""
    return [error("E015", f"{words}.") for words in kinds.disagreements()]
