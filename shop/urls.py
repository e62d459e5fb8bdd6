"""The addresses of the shop window."""

from django.urls import path

from shop import review_views, views

app_name = "shop"
urlpatterns = [
    path("", views.home, name="home"),
    path("category/<slug:slug>/", views.category, name="category"),
    path("product/<slug:slug>/", views.product, name="product"),
    path("stones/", views.stones, name="stones"),
    path("stones/<slug:ref>/", views.stone, name="stone"),
    path("search/", views.search, name="search"),
    path("size-guide/", views.size_guide, name="size_guide"),
    path("about-our-stones/", views.about_stones, name="about_stones"),
    path("account/reviews/", review_views.mine, name="reviews"),
    path("account/reviews/<slug:slug>/", review_views.write, name="review"),
    path("account/reviews/<slug:slug>/take-back/", review_views.take_back, name="review_take_back"),
    path("account/reviews/<slug:slug>/delete/", review_views.delete, name="review_delete"),
    path("photo/<str:reference>/", review_views.photo, name="review_photo"),
    path("seen/", views.seen, name="seen"),
    path("robots.txt", views.robots, name="robots"),
    path("sitemap.xml", views.sitemap, name="sitemap"),
]
