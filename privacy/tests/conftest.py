"""Alice, who acts, and Bob, who must come out untouched."""

from __future__ import annotations

import pytest

from privacy.tests.people import Someone, someone


@pytest.fixture
def alice(db: None) -> Someone:
    return someone("alice")


@pytest.fixture
def bob(db: None) -> Someone:
    return someone("bob")
