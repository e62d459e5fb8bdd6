"""The mail services that django-anymail knows and this shop can use: where the API of each stands.

All of them report bounces and complaints by a webhook, name each mail by the number that we give it, and take mails over HTTPS.
MailerSend's reports cannot say which mail of ours they are about, so it is not among them. Without a service it is plain SMTP.
"""

from collections.abc import Mapping
from typing import Final

SMTP: Final = "smtp"
HOSTS: Final[Mapping[str, tuple[str, ...]]] = {
    "brevo": ("api.brevo.com",),
    "mailgun": ("api.mailgun.net", "api.eu.mailgun.net"),
    "mailjet": ("api.mailjet.com",),
    "mandrill": ("mandrillapp.com",),
    "postmark": ("api.postmarkapp.com",),
    "resend": ("api.resend.com",),
    "sparkpost": ("api.sparkpost.com", "api.eu.sparkpost.com"),
}
