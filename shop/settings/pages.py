"""What a browser gets: sessions, headers, the content policy, static files, language."""

from csp.constants import NONE, SELF

from privacy.register import profiles
from shop.settings.base import BASE_DIR, IS_DEMO, IS_HTTPS, LOUPE_HOME, LOUPE_POLICY, env
from shop.settings.outside import STRIPE_CHECKOUT_ORIGIN
from shop.settings.sign_in import GOOGLE

# Sessions are rows, so that a flushed Redis signs nobody out; ours name their account, so that an erasure finds them.
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_AGE = 14 * 86_400
SESSION_EXPIRE_AT_BROWSER_CLOSE = profiles.named(LOUPE_POLICY).session_ends_with_browser
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = IS_HTTPS
CSRF_USE_SESSIONS = True
SILENCED_SYSTEM_CHECKS = ["security.W003"]  # shop.csrf is a subclass of the middleware that the check looks for
CSRF_COOKIE_SECURE = IS_HTTPS
CSRF_FAILURE_VIEW = "shop.csrf.refused"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# Transport and headers
SECURE_SSL_REDIRECT = IS_HTTPS and not IS_DEMO
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS and not IS_DEMO else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE_HSTS_SECONDS > 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.flag("LOUPE_BEHIND_PROXY", default=False) else None
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
        "img-src": [SELF, "data:"],
        "form-action": [SELF, STRIPE_CHECKOUT_ORIGIN, *(["https://accounts.google.com"] if all(GOOGLE) else [])],
    }
}
# Unfold ships stock Alpine, which evaluates expressions; the API page needs inline styles (ADR 0004).
CONTENT_SECURITY_POLICY_ADMIN = {
    "DIRECTIVES": {
        **CONTENT_SECURITY_POLICY["DIRECTIVES"],
        "script-src": [SELF, "'unsafe-eval'"],
        "style-src": [SELF, "'unsafe-inline'"],
        "form-action": [SELF],
    }
}

LOUPE_CURRENCIES = ("USD",)  # of the price list; a preference offers these, and asks nothing while there is one
LOUPE_RETURN_DAYS = env.number("LOUPE_RETURN_DAYS", 30, low=0, high=365)  # the shop's own; the law's stand beside them
PAGE_CACHE_SECONDS = env.number("LOUPE_PAGE_CACHE_SECONDS", 10, low=0, high=60)
PAGE_CACHE_ENTRIES = 512

# Static files and language
STATIC_URL = "/static/"
STATIC_ROOT = LOUPE_HOME / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # WhiteNoise warns of a folder that is not there
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if env.flag("LOUPE_HASHED_STATIC", default=not IS_DEMO)
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = IS_DEMO
WHITENOISE_MAX_AGE = 0 if IS_DEMO else 3600
LANGUAGE_CODE = "en-us"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]  # of what we write to people; the pages are in English
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"  # but the shop's own at the desk (`DeskZoneMiddleware`)
FORMAT_MODULE_PATH = "shop.formats"  # where a page does not say how, a time carries its zone
USE_I18N = True
USE_TZ = True
COUNTRIES_FIRST = ["US"]
