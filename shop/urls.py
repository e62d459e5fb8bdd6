"""The addresses of the shop window."""

from django.urls import path

from shop import views, views_reviews

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
    path("account/reviews/", views_reviews.mine, name="reviews"),
    path("account/reviews/<slug:slug>/", views_reviews.write, name="review"),
    path("account/reviews/<slug:slug>/take-back/", views_reviews.take_back, name="review_take_back"),
    path("account/reviews/<slug:slug>/delete/", views_reviews.delete, name="review_delete"),
    path("photo/<str:reference>/", views_reviews.photo, name="review_photo"),
    path("seen/", views.seen, name="seen"),
    path("robots.txt", views.robots, name="robots"),
    path("sitemap.xml", views.sitemap, name="sitemap"),
]
