"""Settings. The only module that reads the environment; `docs/configuration.md` lists every variable.

`LOUPE_ENV=demo` (the default) needs nothing: keys are made under `LOUPE_HOME`, services are local.
`LOUPE_ENV=production` takes every secret from the environment and refuses what belongs to a demo.
"""

import os
import sys
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from celery.schedules import crontab
from csp.constants import NONE, SELF

from privacy.ground import mail_services
from privacy.register import profiles
from shop.desk import UNFOLD  # noqa: F401  (a setting)
from shop.environment import Environment, stop
from shop.keyring import demo_key, is_demo_key

env = Environment(os.environ)

BASE_DIR = Path(__file__).resolve().parent.parent
LOUPE_ENV = env.choice("LOUPE_ENV", ("demo", "production"), "demo")
LOUPE_HOME = env.path("LOUPE_HOME", BASE_DIR / ".loupe")
LOUPE_POLICY = env.text("LOUPE_POLICY", "jane_ellen")
IS_DEMO = LOUPE_ENV == "demo"
try:
    if profiles.named(LOUPE_POLICY).is_demo and not IS_DEMO:
        stop("LOUPE_POLICY", "must be the path of your own profile in production; it names one with stand-in contacts")
except profiles.Unknown as problem:
    sys.exit(str(problem))
DEBUG = False


def secret(variable: str, name: str, expected: str) -> str:
    """A secret: from the environment, or in a demo from its generated file."""
    if IS_DEMO:
        return env.text(variable) or demo_key(LOUPE_HOME / "keys", name)
    value = env.required(variable, expected)
    if is_demo_key(value, LOUPE_HOME / "keys"):
        stop(variable, "is the demo's own key; make one of your own (docs/operations.md)")
    return value


# Keys. Lists are newest first: the first one writes, all of them read.
SECRET_KEY = secret("SECRET_KEY", "secret_key", "must be set to at least 50 random characters")
LOUPE_SEALING_KEYS = secret("LOUPE_SEALING_KEYS", "sealing_keys", "must hold Fernet keys, newest first").split(",")
LOUPE_DIGEST_KEYS = secret(
    "LOUPE_DIGEST_KEYS", "digest_keys", "must hold version:hex pairs, newest first, like 2:ab12...,1:cd34..."
).split(",")
# The public halves of signing keys used before: what they signed stays valid.
LOUPE_OLD_PUBLIC_KEYS = env.words("LOUPE_OLD_PUBLIC_KEYS")
LOUPE_SIGNING_KEY = secret("LOUPE_SIGNING_KEY", "signing_key", "must be an Ed25519 private key: 64 hex digits")

# Where the shop stands
PORT = env.number("PORT", 8000, low=1, high=65535)
LOUPE_PUBLIC_URL = env.url("LOUPE_PUBLIC_URL", f"http://127.0.0.1:{PORT}", ("http", "https"))
_PUBLIC = urlsplit(LOUPE_PUBLIC_URL)
IS_HTTPS = _PUBLIC.scheme == "https"
if not IS_DEMO and not IS_HTTPS:
    stop("LOUPE_PUBLIC_URL", "must start with https:// in production")
_LOOPBACK = ["127.0.0.1", "localhost", "[::1]"] if IS_DEMO else []
ALLOWED_HOSTS = [*env.words("LOUPE_HOSTS", [_PUBLIC.hostname or "127.0.0.1"]), *_LOOPBACK]
CSRF_TRUSTED_ORIGINS = [LOUPE_PUBLIC_URL]
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

# Signing in through Google, only where its two keys are set (ADR 0012). Without them neither button nor address exists.
GOOGLE = (env.text("GOOGLE_CLIENT_ID"), env.text("GOOGLE_CLIENT_SECRET"))
if any(GOOGLE) and not all(GOOGLE):
    stop("GOOGLE_CLIENT_ID", "and GOOGLE_CLIENT_SECRET must be set together, or neither")
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
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# Data
DATABASES = {
    "default": {
        **env.database("DATABASE_URL"),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"application_name": "loupe"},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.url(
    "REDIS_URL",
    env.required("REDIS_URL", "must be set, like redis://:password@host:6379/0"),
    ("redis", "rediss", "unix"),
)
CACHES = {
    "default": {
        "BACKEND": "shop.cache.RedisOrHere",
        "LOCATION": REDIS_URL,
        "KEY_FUNCTION": "shop.cache.key",
        "OPTIONS": {"SOCKET_CONNECT_TIMEOUT": 1, "SOCKET_TIMEOUT": 1},
    }
}
MEDIA_ROOT = LOUPE_HOME / "media"

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

# Payments: the demo, Stripe's test mode and live differ by one address and two keys.
STRIPE_API_BASE = env.url(
    "STRIPE_API_BASE", f"http://127.0.0.1:{PORT + 1}" if IS_DEMO else "https://api.stripe.com", ("http", "https")
)
STRIPE_CHECKOUT_ORIGIN = env.url(
    "STRIPE_CHECKOUT_ORIGIN", STRIPE_API_BASE if IS_DEMO else "https://checkout.stripe.com", ("http", "https")
)
STRIPE_SECRET_KEY = secret("STRIPE_SECRET_KEY", "stripe_secret_key", "must be the secret key from Stripe's dashboard")
STRIPE_WEBHOOK_SECRET = secret(
    "STRIPE_WEBHOOK_SECRET", "stripe_webhook_secret", "must be the signing secret of the webhook endpoint"
)
if not IS_DEMO and urlsplit(STRIPE_API_BASE).scheme != "https":
    stop("STRIPE_API_BASE", "must start with https:// in production")
if not IS_DEMO and not STRIPE_SECRET_KEY.startswith(("sk_live_", "rk_live_", "sk_test_", "rk_test_")):
    stop("STRIPE_SECRET_KEY", "must be a secret key that starts with sk_live_, rk_live_, sk_test_ or rk_test_")

# The newsletter list at Mailchimp, for a shop that keeps one there. Without a key nothing of it exists (docs/campaigns.md).
MAILCHIMP_API_KEY, MAILCHIMP_LIST_ID = env.text("MAILCHIMP_API_KEY"), env.text("MAILCHIMP_LIST_ID")
MAILCHIMP_API_BASE = env.text("MAILCHIMP_API_BASE")  # empty: the host that the key names
if bool(MAILCHIMP_API_KEY) != bool(MAILCHIMP_LIST_ID):
    stop("MAILCHIMP_API_KEY", "and MAILCHIMP_LIST_ID must be set together, or neither")
if MAILCHIMP_API_KEY and not MAILCHIMP_API_KEY.rpartition("-")[0]:
    stop("MAILCHIMP_API_KEY", "must end with its data centre, like ...-us19")

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

# Mail: one door, the outbox; this is the last metre.
LOUPE_MAIL_SERVICE = env.choice("LOUPE_MAIL_SERVICE", (mail_services.SMTP, *mail_services.HOSTS), mail_services.SMTP)
ANYMAIL = env.beginning_with("ANYMAIL_")  # the keys of that service, and the secret that its reports carry
EMAIL_BACKEND = "privacy.messages.mail.Smtp"
if mail_services.SMTP != LOUPE_MAIL_SERVICE:
    EMAIL_BACKEND = f"anymail.backends.{LOUPE_MAIL_SERVICE}.EmailBackend"
    if not ANYMAIL.get("WEBHOOK_SECRET"):
        stop("ANYMAIL_WEBHOOK_SECRET", "must be set with LOUPE_MAIL_SERVICE, like name:password; its reports carry it")
EMAIL_HOST = env.text("EMAIL_HOST", "127.0.0.1")
EMAIL_PORT = env.number("EMAIL_PORT", PORT + 3 if IS_DEMO else 587, low=1, high=65535)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", default=not IS_DEMO)
if not IS_DEMO and not EMAIL_USE_TLS:
    stop("EMAIL_USE_TLS", "must be 1 in production: mails leave under TLS only")
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM")  # empty: the shop profile's own address
SERVER_EMAIL = DEFAULT_FROM_EMAIL or "loupe@localhost"

# Mail to the shop. Without a host nobody fetches any. Authentication-Results count only with our own server's name.
IMAP_HOST = env.text("IMAP_HOST")
IMAP_PORT = env.number("IMAP_PORT", 993, low=1, high=65535)
IMAP_TLS = env.flag("IMAP_TLS", default=True)
IMAP_USER = env.text("IMAP_USER")
IMAP_PASSWORD = env.text("IMAP_PASSWORD")
IMAP_FOLDER = env.text("IMAP_FOLDER", "INBOX")
IMAP_KEPT_FOLDER = env.text("IMAP_KEPT_FOLDER", "Loupe")
LOUPE_AUTHSERV_ID = env.text("LOUPE_AUTHSERV_ID")
if IMAP_HOST and not (IMAP_USER and IMAP_PASSWORD):
    stop("IMAP_HOST", "needs IMAP_USER and IMAP_PASSWORD beside it")
if IMAP_HOST and not IMAP_TLS and not IS_DEMO:
    stop("IMAP_TLS", "must not be off in production")

# Texts: shown on the console, or carried by Twilio. In production the console carries none, so nobody is offered any.
LOUPE_SMS = env.choice("LOUPE_SMS", ("console", "twilio"), "console")
TWILIO_API_BASE = env.url("TWILIO_API_BASE", "https://api.twilio.com", ("http", "https"))
TWILIO_ACCOUNT_SID = env.text("TWILIO_ACCOUNT_SID")
TWILIO_AUTH_TOKEN = env.text("TWILIO_AUTH_TOKEN")
TWILIO_FROM = env.text("TWILIO_FROM")
if LOUPE_SMS == "twilio" and not (TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN and TWILIO_FROM):
    stop("LOUPE_SMS", "is twilio: set TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and TWILIO_FROM beside it")
if not IS_DEMO and urlsplit(TWILIO_API_BASE).scheme != "https":
    stop("TWILIO_API_BASE", "must start with https:// in production")

# Celery: a doorbell. No results, no retries of a publish, no waiting for a broker that is away.
CELERY_BROKER_URL = REDIS_URL
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_CONNECTION_TIMEOUT = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 1, "socket_connect_timeout": 1, "max_retries": 0}
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 600
CELERY_BEAT_SCHEDULE = {
    "erased people, everywhere": {"task": "privacy.tasks.sweep_residue", "schedule": crontab(hour="2", minute="7")},
    "mail that missed its bell": {"task": "privacy.tasks.sweep_outbox", "schedule": 15.0},
    "the chain of the audit trail": {"task": "privacy.tasks.bind_audit_events", "schedule": 60.0},
    "the shop's mailbox": {"task": "privacy.tasks.poll_mailbox", "schedule": 60.0},
    "what stays in the mailbox": {"task": "privacy.tasks.tidy_mailbox", "schedule": crontab(minute="43")},
    "mails to us that missed their bell": {"task": "privacy.tasks.sweep_mailroom", "schedule": 30.0},
    "announcements that stopped": {"task": "privacy.tasks.sweep_announcements", "schedule": 60.0},
    "requests that are due": {"task": "privacy.tasks.sweep_requests", "schedule": 15.0},
    "copies for other providers": {"task": "privacy.tasks.sweep_transfers", "schedule": 60.0},
    "restrictions whose notice has run": {"task": "privacy.tasks.lift_restrictions", "schedule": crontab(minute="29")},
    "export packages past their time": {"task": "privacy.tasks.sweep_packages", "schedule": crontab(minute="17")},
    "enclosed files without a row": {"task": "privacy.tasks.sweep_attachments", "schedule": crontab(minute="23")},
    "rows past their time": {"task": "privacy.tasks.retention", "schedule": crontab(hour="3", minute="11")},
    "what was allowed and is not any more": {
        "task": "privacy.tasks.sweep_what_was_allowed",
        "schedule": crontab(hour="3", minute="53"),
    },
    "people who grew up": {"task": "privacy.tasks.grow_up", "schedule": crontab(hour="0", minute="41")},
    "requests whose time runs": {"task": "privacy.tasks.remind_staff", "schedule": 300.0},
    "children whose parents were silent": {
        "task": "privacy.tasks.sweep_children",
        "schedule": crontab(minute="51"),
    },
    "people whom no record names": {
        "task": "privacy.tasks.forget_unnamed_subjects",
        "schedule": crontab(hour="4", minute="37"),
    },
    "newsletters on their way": {"task": "privacy.tasks.sweep_campaigns", "schedule": 10.0},
    "the list at Mailchimp": {"task": "privacy.tasks.reconcile_mailchimp", "schedule": 600.0},
    "newsletter sign-ups that are over": {
        "task": "privacy.tasks.close_newsletter_signups",
        "schedule": crontab(hour="2", minute="53"),
    },
    "months ahead": {"task": "privacy.tasks.make_partitions", "schedule": crontab(hour="1", minute="23")},
    "payments that missed their bell": {"task": "orders.tasks.sweep_payments", "schedule": 60.0},
    "sums of what is over": {"task": "orders.tasks.keep_sums", "schedule": crontab(hour="1", minute="3")},
    "orders that came to nothing": {"task": "orders.tasks.sweep_orders", "schedule": crontab(hour="3", minute="41")},
    "accounts nobody uses": {"task": "accounts.tasks.sweep_inactive", "schedule": crontab(hour="2", minute="31")},
    "what looks like an attack": {"task": "accounts.tasks.watch", "schedule": 300.0},
    "people who work here until now": {"task": "accounts.tasks.end_contracts", "schedule": 300.0},
    "accounts nobody confirmed": {
        "task": "accounts.tasks.sweep_unconfirmed",
        "schedule": crontab(hour="4", minute="11"),
    },
}

# Sign-in
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/account/"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "accounts.forms.NameForm"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
# Mandatory, because only then can sign-up hide whether an address has an account already.
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # a stranger who is no customer gets no mail
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if env.flag("LOUPE_BEHIND_PROXY", default=False) else 0
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_SESSION_REMEMBER = not SESSION_EXPIRE_AT_BROWSER_CLOSE
ACCOUNT_LOGIN_TIMEOUT = 3600  # how long a sign-in may wait for a confirmed address or a second factor
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _PUBLIC.scheme
SOCIALACCOUNT_ADAPTER = "accounts.adapter.SocialAccountAdapter"
SOCIALACCOUNT_STORE_TOKENS = False  # nothing is asked of Google after the sign-in, so nothing of it is kept
SOCIALACCOUNT_REAUTHENTICATION_REQUIRED = True
SOCIALACCOUNT_PROVIDERS = {
    "google": {
        "SCOPE": ["openid", "email"],  # no name, no picture
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [{"client_id": GOOGLE[0], "secret": GOOGLE[1], "key": ""}] if all(GOOGLE) else [],
    }
}
MFA_ADAPTER = "accounts.adapter.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
LOUPE_STAFF_MFA = not IS_DEMO
LOUPE_STAFF_CLEARANCE = not IS_DEMO or env.flag("LOUPE_STAFF_CLEARANCE", default=False)
USERSESSIONS_TRACK_ACTIVITY = False

# API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "knox.auth.TokenAuthentication",  # first, so that "who are you?" is 401 and names the scheme
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.LimitOffsetPagination",
    "PAGE_SIZE": 24,
    "DEFAULT_THROTTLE_CLASSES": [
        "rest_framework.throttling.AnonRateThrottle",
        "rest_framework.throttling.UserRateThrottle",
        "rest_framework.throttling.ScopedRateThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {"anon": "120/min", "user": "600/min", "privacy-requests": "10/hour"},
    "NUM_PROXIES": ALLAUTH_TRUSTED_PROXY_COUNT,  # without it anybody names an address of their own in X-Forwarded-For
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
# The key carries a name, so the model is ours; knox's own table is never made.
KNOX_TOKEN_MODEL = "accounts.ApiToken"
MIGRATION_MODULES = {"knox": None}
REST_KNOX = {"TOKEN_TTL": timedelta(days=90), "TOKEN_LIMIT_PER_USER": 10, "AUTO_REFRESH": False}
SPECTACULAR_SETTINGS = {
    "TITLE": "Loupe",
    "DESCRIPTION": "The shop's catalogue, a customer's own orders and privacy requests.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# Privacy
# Tags of third parties (`privacy.consent.tags`), by their names there: none without an id, and none without the visitor's consent.
LOUPE_TAGS = {
    "google-analytics": env.matching("GOOGLE_ANALYTICS_ID", "G-[A-Z0-9]{4,20}", "must look like G-AB12CD34EF"),
    "hotjar": env.matching("HOTJAR_ID", "[0-9]{4,12}", "must be the number of your Hotjar site"),
    "google-ads": env.matching("GOOGLE_ADS_ID", "AW-[0-9]{6,14}", "must look like AW-123456789"),
    "meta": env.matching("META_PIXEL_ID", "[0-9]{10,20}", "must be the number of your Meta pixel"),
}
LOUPE_STRICT_COOKIES = IS_DEMO  # a cookie that must not leave is an error here, and dropped and logged in production
LOUPE_LEDGER = env.path("LOUPE_LEDGER", LOUPE_HOME / "ledger" / "erasures.jsonl")
LOUPE_ERASURE_GRACE = env.seconds(
    "LOUPE_ERASURE_GRACE",
    timedelta(seconds=10) if IS_DEMO else timedelta(hours=72),
    low=timedelta(0) if IS_DEMO else timedelta(hours=24),
)
LOUPE_BACKUP_DAYS = env.number("LOUPE_BACKUP_DAYS", 35, low=0, high=3650)  # how old the oldest backup gets
# What the residue sweep looks through besides LOUPE_HOME and the media; and what lies in LOUPE_HOME and belongs to other
# programs: the cluster and the broker (read through their own doors), keys, the stand-ins, the list of the demo's logins.
LOUPE_SWEEP_FOLDERS = env.words("LOUPE_SWEEP_FOLDERS")
LOUPE_SWEEP_LEAVES_OUT = ("postgres/data", "valkey", "keys", "static", "test", "stripe.sqlite3*", "demo.json")
# The faces of a certificate on paper; a profile of one's own gets the first.
LOUPE_PAPER_TEXT = BASE_DIR / "static/fonts/instrument-sans.woff2"
LOUPE_PAPER_DISPLAY = (
    BASE_DIR
    / "static/fonts"
    / {
        "jen_hansen": "fraunces.woff2",
        "jessies_selection": "marcellus.woff2",
        "jskeuc": "libre-caslon-display.woff2",
        "selenegleam": "italiana.woff2",
    }.get(LOUPE_POLICY, "cormorant-garamond.woff2")
)
LOUPE_CURRENCIES = ("USD",)  # of the price list; a preference offers these, and asks nothing while there is one
PAGE_CACHE_SECONDS = env.number("LOUPE_PAGE_CACHE_SECONDS", 10, low=0, high=60)
PAGE_CACHE_ENTRIES = 512
LOUPE_BANNER_SECONDS = 30  # how long a process remembers which change of the policy pages tell of

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
LANGUAGES = [("en", "English")]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True
COUNTRIES_FIRST = ["US"]

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
