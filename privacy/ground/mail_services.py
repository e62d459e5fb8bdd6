"""The mail services that django-anymail knows and this shop can use: where the API of each stands.

All of them report bounces and complaints by a webhook, and take mails over HTTPS. Without one it is plain SMTP.
"""

from collections.abc import Mapping
from typing import Final

SMTP: Final = "smtp"
HOSTS: Final[Mapping[str, tuple[str, ...]]] = {
    "brevo": ("api.brevo.com",),
    "mailersend": ("api.mailersend.com",),
    "mailgun": ("api.mailgun.net", "api.eu.mailgun.net"),
    "mailjet": ("api.mailjet.com",),
    "mandrill": ("mandrillapp.com",),
    "postmark": ("api.postmarkapp.com",),
    "resend": ("api.resend.com",),
    "sparkpost": ("api.sparkpost.com", "api.eu.sparkpost.com"),
}
