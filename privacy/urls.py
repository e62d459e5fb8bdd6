"""The addresses of this app's pages."""

from django.contrib import admin
from django.urls import path, re_path, register_converter
from django.urls.converters import StringConverter

from privacy.rights import contents
from privacy.views import (
    asking,
    centre,
    certificate,
    choices,
    copies,
    guests,
    leaving,
    mail_service,
    mails,
    newsletter,
    one_request,
    pages,
    parents,
    policy,
    preferences,
    promises,
    prove,
    receipts,
    registers,
    sending,
    texts,
    wishing,
)


class Reference(StringConverter):
    """`DSR-7F3K-92QD`."""

    regex = "[A-Z]{2,3}-[2-9A-Z]{4}-[2-9A-Z]{4}"


register_converter(Reference, "reference")

app_name = "privacy"
urlpatterns = [
    path("account/privacy/", centre.centre, name="centre"),
    path("account/privacy/agreed/", centre.take_back, name="take_back"),
    path("account/privacy/use-again/", centre.use_again, name="use_again"),
    path("account/privacy/ask/", wishing.ask, name="ask"),
    path("account/privacy/ask/<slug:kind>/", wishing.ask_kind, name="ask_kind"),
    path("account/privacy/copy/", wishing.ask_copy, name="ask_copy"),
    path("account/privacy/prove/", prove.prove, name="prove"),
    path("account/privacy/erase/", wishing.ask_erasure, name="ask_erasure"),
    path("account/privacy/<reference:reference>/", one_request.own_request, name="own_request"),
    path("account/privacy/<reference:reference>/withdraw/", one_request.withdraw, name="withdraw"),
    path("account/privacy/<reference:reference>/copy/", copies.download, name="download"),
    path("account/privacy/<reference:reference>/send/", sending.send, name="send"),
    path("account/preferences/", preferences.own, name="preferences"),
    path("preferences/", preferences.by_key, name="preferences_by_key"),
    path("privacy/", policy.policy, name="policy"),
    path("terms/", policy.terms, name="terms"),
    path("privacy/copy-schema.json", pages.copy_schema, {"version": contents.VERSION}, name="copy_schema_newest"),
    path("privacy/copy-schema-<int:version>.json", pages.copy_schema, name="copy_schema"),
    path("privacy/versions/", policy.versions, name="versions"),
    path("privacy/versions/feed.atom", policy.VersionFeed(), name="versions_feed"),
    path("privacy/versions/<int:number>/", policy.version, name="version"),
    path("privacy/versions/<int:number>/policy.txt", policy.version_text, name="version_text"),
    path("privacy/versions/<int:number>/seen/", policy.put_away, name="put_away"),
    path("privacy/cookies/", pages.cookies, name="cookies"),
    path("privacy/authorities/", pages.supervisors, name="authorities"),
    path("privacy/promises/", promises.promised, name="promises"),
    path("privacy/promises/<slug:shop>/", promises.promised, name="promises_of"),
    path("privacy/choices/", choices.choices, name="choices"),
    path("privacy/choices/<uuid:receipt>.json", choices.receipt, name="choice_receipt"),
    path("privacy/choices/kept/", choices.kept, name="choices_kept"),
    path("privacy/clear-device/", choices.clear_device, name="clear_device"),
    path("privacy/device-cleared/", choices.device_cleared, name="device_cleared"),
    path("privacy/opt-out/", choices.opt_out, name="opt_out"),
    path("privacy/limit/", choices.limit, name="limit"),
    path("privacy/request/", asking.ask, name="request"),
    path("privacy/request/asked/", asking.asked, name="asked"),
    path("privacy/request/taken/", asking.taken, name="taken"),
    path("privacy/request/agent/", asking.ask_for_somebody, name="agent"),
    path("privacy/request/agent/asked/", asking.agent_asked, name="agent_asked"),
    path("privacy/request/agent/<slug:kind>/", asking.ask_for_somebody, name="agent_for"),
    path("privacy/request/confirm/", guests.confirm, name="confirm"),
    path("privacy/request/facts/", asking.tell_facts, name="facts"),
    path("privacy/request/follow/", guests.follow, name="follow"),
    path("privacy/request/copy/", guests.copy, name="copy"),
    path("privacy/request/<slug:kind>/", asking.ask, name="request_for"),
    path("privacy/parent/", parents.parent, name="parent"),
    path("privacy/parent/deleted/", parents.deleted, name="parent_deleted"),
    path("privacy/newsletter/", newsletter.sign_up, name="newsletter"),
    path("privacy/newsletter/asked/", newsletter.asked, name="newsletter_asked"),
    path("privacy/newsletter/confirm/", newsletter.confirm, name="newsletter_confirm"),
    path("privacy/unsubscribe/", leaving.leave, name="unsubscribe"),
    path("privacy/unsubscribe/undo/", leaving.stay, name="unsubscribe_undo"),
    path("privacy/unsubscribe/by-address/", leaving.leave_by_address, name="unsubscribe_by_address"),
    path("privacy/certificate/", certificate.check, name="certificate_check"),
    path("privacy/certificate/<reference:reference>/", certificate.show, name="certificate"),
    path("privacy/certificate/<reference:reference>/certificate.json", certificate.as_json, name="certificate_json"),
    path("privacy/certificate/<reference:reference>/certificate.pdf", certificate.as_pdf, name="certificate_pdf"),
    path("privacy/receipt/", receipts.check, name="receipt_check"),
    path("account/preferences/receipts/<uuid:receipt>.json", receipts.download, name="receipt"),
    re_path(
        r"^webhooks/mail/(?P<service>[a-z]+)/(?P<what>tracking|inbound)/$", mail_service.reports, name="mail_service"
    ),
    path("webhooks/sms/", texts.received, name="text_received"),
    path("webhooks/sms/<uuid:message>/", texts.status, name="text_status"),
    path(".well-known/gpc.json", pages.gpc, name="gpc"),
    path(".well-known/security.txt", pages.security_txt, name="security_txt"),
]

# At the desk, under /admin/registers/.
register_patterns = [
    path("article-30/", admin.site.admin_view(registers.article_30), name="article_30"),
    path("consents/", admin.site.admin_view(registers.consents), name="consents"),
    path("processors/", admin.site.admin_view(registers.processors), name="processors"),
    path("mails/", admin.site.admin_view(mails.mails), name="mails"),
    path("mails/<str:name>/", admin.site.admin_view(mails.mail), name="mail"),
    path("article-30.csv", admin.site.admin_view(registers.article_30_csv), name="article_30_csv"),
]
