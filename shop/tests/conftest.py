"""Each test starts with nothing remembered from the one before."""

import pytest
from django.core.cache import cache

from shop import pagecache, recall


@pytest.fixture(autouse=True)
def _forgetful():
    recall.forget()
    pagecache.store.clear()
    cache.clear()  # the API's throttles
    yield
    recall.forget()
    pagecache.store.clear()
