"""What privacy's own tables hold about people. They are declared like everybody else's.

Most of them are evidence: they prove what was done for somebody, with references, dates and counts, and outlive the erasure.
"""

from privacy.personal_data import (  # each noun declares its own
    campaigns,  # noqa: F401
    children,  # noqa: F401
    consent,  # noqa: F401
    conversation,  # noqa: F401
    copies,  # noqa: F401
    demands,  # noqa: F401
    inbox,  # noqa: F401
    incidents,  # noqa: F401
    intake,  # noqa: F401
    letters,  # noqa: F401
    messages,  # noqa: F401
    notices,  # noqa: F401
    objections,  # noqa: F401
    outbox,  # noqa: F401
    partners,  # noqa: F401
    people,  # noqa: F401
    preferences,  # noqa: F401
    proof,  # noqa: F401
    requests,  # noqa: F401
    restriction,  # noqa: F401
)
