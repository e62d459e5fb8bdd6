"""Settings. The only module that reads the environment; `docs/configuration.md` lists every variable.

`LOUPE_ENV=demo` (the default) needs nothing: keys are made under `LOUPE_HOME`, services are local.
`LOUPE_ENV=production` takes every secret from the environment and refuses what belongs to a demo.
"""

from shop.desk import UNFOLD  # noqa: F401  (a setting)
from shop.settings.api import *
from shop.settings.base import *
from shop.settings.base import BASE_DIR, env
from shop.settings.outside import *
from shop.settings.pages import *
from shop.settings.privacy import *
from shop.settings.sign_in import *
from shop.settings.sign_in import GOOGLE
from shop.settings.work import *

ROOT_URLCONF = "shop.site_urls"
WSGI_APPLICATION = "shop.wsgi.application"

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.forms",
    "django_htmx",
    "pgtrigger",
    "django_countries",
    "django_filters",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.usersessions",
    "rest_framework",
    "knox",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    "privacy",
    "shop",
    "accounts",
    "orders",
]
if all(GOOGLE):
    INSTALLED_APPS.append("allauth.socialaccount.providers.google")

MIDDLEWARE = [
    "privacy.middleware.LedgerMiddleware",
    "privacy.middleware.CookieMiddleware",
    "shop.pagecache.PageCacheMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "shop.headers.HeadersMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "shop.csrf.CsrfMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "privacy.middleware.SignalsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "accounts.middleware.StaffSecurityMiddleware",
    "privacy.middleware.DeskZoneMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "shop.context.page",
                "orders.context.bag",
            ],
            # What every letter needs, so that none has to load it.
            "builtins": ["django.templatetags.i18n", "privacy.templatetags.letters"],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "privacy.ground.logs.Formatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {
        "handlers": ["stderr"],
        "level": env.choice("LOUPE_LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO"),
    },
    "loggers": {"django": {"handlers": [], "level": "INFO", "propagate": True}},
}
