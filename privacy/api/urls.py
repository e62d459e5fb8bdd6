"""The API addresses of this app, under `/api/v1/`."""

from rest_framework.routers import SimpleRouter

from privacy.api.views import Requests

router = SimpleRouter()
router.register("privacy/requests", Requests, basename="privacy-request")
router_patterns = router.urls
