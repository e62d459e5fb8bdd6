"""What the shop leans on: the database, the broker, payments, mail and texts. In production it talks to all of them encrypted."""

from ssl import CERT_REQUIRED
from urllib.parse import urlsplit

from privacy.ground import mail_services
from shop.environment import is_here, stop
from shop.settings.base import IS_DEMO, LOUPE_HOME, PORT, env, secret

# Data
_DATABASE = env.database("DATABASE_URL")
_TO_DATABASE = {"application_name": "loupe", **_DATABASE.get("OPTIONS", {})}
DATABASES = {
    "default": {**_DATABASE, "CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True, "OPTIONS": _TO_DATABASE},
}
if (
    not IS_DEMO
    and not is_here(str(_TO_DATABASE.get("host", _DATABASE["HOST"])))
    and _TO_DATABASE.get("sslmode") not in ("require", "verify-ca", "verify-full")
):
    stop("DATABASE_URL", "must end with ?sslmode=verify-full in production, unless it leads to this very machine")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.url(
    "REDIS_URL",
    env.required("REDIS_URL", "must be set, like redis://:password@host:6379/0"),
    ("redis", "rediss", "unix"),
)
_BROKER = urlsplit(REDIS_URL)
if not IS_DEMO and _BROKER.scheme == "redis" and not is_here(_BROKER.hostname or ""):
    stop("REDIS_URL", "must start with rediss:// in production, unless it leads to this very machine")
CELERY_BROKER_USE_SSL = {"ssl_cert_reqs": CERT_REQUIRED} if _BROKER.scheme == "rediss" else None
CACHES = {
    "default": {
        "BACKEND": "shop.cache.RedisOrHere",
        "LOCATION": REDIS_URL,
        "KEY_FUNCTION": "shop.cache.key",
        "OPTIONS": {"SOCKET_CONNECT_TIMEOUT": 1, "SOCKET_TIMEOUT": 1},
    }
}
MEDIA_ROOT = LOUPE_HOME / "media"

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
for _name, _address in (("STRIPE_API_BASE", STRIPE_API_BASE), ("STRIPE_CHECKOUT_ORIGIN", STRIPE_CHECKOUT_ORIGIN)):
    if not IS_DEMO and urlsplit(_address).scheme != "https":
        stop(_name, "must start with https:// in production")
if not IS_DEMO and not STRIPE_SECRET_KEY.startswith(("sk_live_", "rk_live_", "sk_test_", "rk_test_")):
    stop("STRIPE_SECRET_KEY", "must be a secret key that starts with sk_live_, rk_live_, sk_test_ or rk_test_")

# The newsletter list at Mailchimp, for a shop that keeps one there. Without a key nothing of it exists (docs/campaigns.md).
MAILCHIMP_API_KEY, MAILCHIMP_LIST_ID = env.text("MAILCHIMP_API_KEY"), env.text("MAILCHIMP_LIST_ID")
MAILCHIMP_API_BASE = env.text("MAILCHIMP_API_BASE")  # empty: the host that the key names
if not IS_DEMO and MAILCHIMP_API_BASE and urlsplit(MAILCHIMP_API_BASE).scheme != "https":
    stop("MAILCHIMP_API_BASE", "must start with https:// in production")
if bool(MAILCHIMP_API_KEY) != bool(MAILCHIMP_LIST_ID):
    stop("MAILCHIMP_API_KEY", "and MAILCHIMP_LIST_ID must be set together, or neither")
if MAILCHIMP_API_KEY and not MAILCHIMP_API_KEY.rpartition("-")[0]:
    stop("MAILCHIMP_API_KEY", "must end with its data centre, like ...-us19")

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
