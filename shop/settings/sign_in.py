"""Who may sign in, and how."""

from privacy.register import profiles
from shop.environment import stop
from shop.settings.base import IS_DEMO, LOUPE_POLICY, PUBLIC, env

# Signing in through Google, only where its two keys are set (ADR 0012). Without them neither button nor address exists.
GOOGLE = (env.text("GOOGLE_CLIENT_ID"), env.text("GOOGLE_CLIENT_SECRET"))
if any(GOOGLE) and not all(GOOGLE):
    stop("GOOGLE_CLIENT_ID", "and GOOGLE_CLIENT_SECRET must be set together, or neither")

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
ACCOUNT_SESSION_REMEMBER = not profiles.named(LOUPE_POLICY).session_ends_with_browser
ACCOUNT_LOGIN_TIMEOUT = 3600  # how long a sign-in may wait for a confirmed address or a second factor
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = PUBLIC.scheme
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
