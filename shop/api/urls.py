"""The API addresses of this app, under `/api/v1/`."""

from rest_framework.routers import SimpleRouter

from shop.api import views

router = SimpleRouter()
router.register("categories", views.CategoryViewSet, basename="api_category")
router.register("products", views.ProductViewSet, basename="api_product")
router.register("stones", views.StoneViewSet, basename="api_stone")

router_patterns = router.urls
