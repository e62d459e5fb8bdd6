"""The channels there are: what carries the messages of each, and what such a message consists of."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from typing import Final

from privacy.consent.vocabulary import Channel
from privacy.messages.mail import Mail
from privacy.messages.sms import Sms
from privacy.messages.transports import Transport

TRANSPORTS: Final[dict[str, Callable[[], Transport]]] = {Channel.EMAIL: Mail, Channel.SMS: Sms}
"""The wire of each channel. What has none, and is not printed, cannot be posted."""

PRINTED: Final = frozenset({Channel.POST})
"""What no wire carries: it comes on a print list, and leaves the house when staff take that out (`print_lists`)."""

PARTS: Final[dict[str, Mapping[str, str]]] = {
    Channel.EMAIL: {"title": "subject.txt", "text": "txt", "html": "html"},
    Channel.SMS: {"text": "sms.txt"},
    Channel.POST: {"title": "subject.txt", "text": "letter.txt"},
}
"""What a message consists of, and the template of each part."""


class NoSuchChannel(Exception):
    """Nothing carries messages of this channel."""


def processor(channel: str) -> str:
    """Who receives the messages of a channel as they leave the outbox; nobody, where they are printed. *Raises* `NoSuchChannel`."""
    if channel in PRINTED:
        return ""
    if channel not in TRANSPORTS:
        raise NoSuchChannel(channel)
    return TRANSPORTS[channel]().processor


@contextmanager
def ways_out() -> Iterator[Callable[[str], Transport]]:
    """From a channel to its transport: opened with the first message that needs it, closed in the end."""
    with ExitStack() as stack:
        opened: dict[str, Transport] = {}

        def way(channel: str) -> Transport:
            if channel not in opened:
                opened[channel] = stack.enter_context(closing(TRANSPORTS[channel]()))
            return opened[channel]

        yield way
