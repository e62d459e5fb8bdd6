"""What the development tools say when they cannot go on."""


class Unavailable(RuntimeError):
    """Something the shop needs cannot be started; the text is one sentence saying what to do."""
