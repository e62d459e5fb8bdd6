"""Mails to the shop as bytes, and the corpus: a hundred of them, each with where it belongs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.headerregistry import Address
from email.message import EmailMessage

from privacy.messages.arrivals import InboundMail
from privacy.messages.inbox import Arrival

ALICE = "alice@example.com"
RECEIVED = datetime(2026, 11, 2, 12, tzinfo=UTC)


def mail(
    subject: str = "",
    text: str = "",
    *,
    sender: str = ALICE,
    html: str = "",
    headers: Mapping[str, str] | None = None,
    message_id: str = "<1@mail.example>",
    files: Mapping[str, bytes] | None = None,
    carries: bytes = b"",
) -> bytes:
    """A mail as a program would write it."""
    made = EmailMessage()
    made["From"] = sender
    made["To"] = "privacy@janeellen.example"
    made["Subject"] = subject
    made["Date"] = "Mon, 02 Nov 2026 11:59:00 +0000"
    made["Message-ID"] = message_id
    if html:
        made.set_content(html, subtype="html")
    else:
        made.set_content(text)
    for name, content in (files or {}).items():
        made.add_attachment(content, maintype="application", subtype="pdf", filename=name)
    if carries:
        made.add_attachment(_message(carries))
    for name, value in (headers or {}).items():
        del made[name]
        made[name] = value
    return made.as_bytes(policy=policy.SMTP)


def _message(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=policy.default)


def arrival(raw: bytes, *, received_at: datetime = RECEIVED, size: int | None = None) -> Arrival:
    """The mail as the mailbox hands it over."""
    return Arrival(raw, len(raw) if size is None else size, InboundMail.Via.IMAP, received_at)


@dataclass(frozen=True)
class Case:
    """One mail of the corpus."""

    route: str
    subject: str
    text: str = "Hello,\nthank you.\n"
    headers: Mapping[str, str] = field(default_factory=dict)
    sender: str = ALICE
    html: str = ""
    inside: str = ""  # the subject of a mail it carries

    @property
    def raw(self) -> bytes:
        carries = mail(self.inside, "Please.", sender=str(Address("Bob", "bob", "example.com"))) if self.inside else b""
        return mail(self.subject, self.text, sender=self.sender, html=self.html, headers=self.headers, carries=carries)


U, S, P, A, E, D, Q, C, K, F, N, X = (
    "unsubscribe", "stop_sms", "stop_post", "access", "erasure", "data_request", "inquiry", "california", "child", "follow_up",
    "ordinary", "automatic",
)  # fmt: skip
QUOTED = "Thanks\n\nOn Mon, 2 Nov 2026 at 10:00, Jane Ellen <news@janeellen.example> wrote:\n> New rings.\n> Unsubscribe: https://x.example\n"
APPLE = "\n\nBegin forwarded message:\n\nFrom: Bob <bob@example.com>\nSubject: Re: Data Request\n\nPlease.\n"

CORPUS = [
    # The labels that a policy names, in every dress
    Case(U, "Unsubscribe"),
    Case(U, "UNSUBSCRIBE"),
    Case(U, "unsubscribe!"),
    Case(U, "“Unsubscribe”"),
    Case(U, "Re: Unsubscribe"),
    Case(U, "RE : Fwd: unsubscribe"),
    Case(U, "Please unsubscribe me from your list"),
    Case(U, "AW: WG: Unsubscribe"),
    Case(U, "回复：Unsubscribe"),
    Case(U, "[EXTERNAL] Re: Unsubscribe"),
    Case(U, "Re[3]: Unsubscribe"),
    Case(U, "U\u200bnsubscribe"),
    Case(U, "Ｕｎｓｕｂｓｃｒｉｂｅ"),
    Case(A, "Data Request", ""),
    Case(D, "Data Request"),
    Case(D, "data request"),
    Case(D, "Re: Data Request"),
    Case(D, "Fwd: Data Request"),
    Case(D, "TR: Data Request"),
    Case(D, "RV: Data Request"),
    Case(D, "Antw: Data Request"),
    Case(D, "SV: Data Request"),
    Case(D, "VS: Data Request"),
    Case(D, "转发: Data Request"),
    Case(D, "返信: Data Request"),
    Case(D, "R: I: Data Request"),
    Case(D, "Odp: PD: Data Request"),
    Case(D, "YNT: ILT: Data Request"),
    Case(D, "Data Request - order from last winter"),
    Case(D, "Data Requests: my cousin's and mine", "Please change my name."),
    Case(Q, "Privacy Inquiry"),
    Case(Q, "PRIVACY INQUIRY"),
    Case(Q, "Re: Privacy Inquiry (second try)"),
    Case(Q, "Fw: privacy enquiry"),
    Case(Q, "Betr: Privacy Inquiry"),
    Case(Q, "***SPAM*** Privacy Inquiry"),
    Case(C, "Attn: California Privacy"),
    Case(C, "attn california privacy"),
    Case(C, "Re: ATTN: California Privacy"),
    Case(C, "Your California Privacy Rights"),
    Case(C, "Attn: California Privacy - Shine the Light"),
    Case("categories", "Request to know the categories of my personal data"),
    Case("categories", "Re: What categories of information do you hold about me?"),
    Case("categories", "Right to know: categories"),
    Case("categories", "Welche Kategorien von Daten"),
    Case(N, "Delete all categories of my data"),
    # The same in other words and languages
    Case(U, "remove me from your mailing list"),
    Case(U, "Opt-out"),
    Case(U, "Stop sending me newsletters"),
    Case(U, "no more emails please"),
    Case(U, "Newsletter abbestellen"),
    Case(U, "Désabonnement"),
    Case(U, "Darme de baja"),
    Case(U, "Disiscrizione"),
    Case(U, "退订"),
    Case(S, "STOP SMS"),
    Case(S, "Re: stop texts"),
    Case(S, "Please stop texting me"),
    Case(S, "SMS stop"),
    Case(S, "Unsubscribe from text messages"),
    Case(S, "Cancel sms +1 212 555 0188"),
    Case(P, "Stop sending me catalogues"),
    Case(P, "No more catalogs, please"),
    Case(P, "Opt out of postal mail"),
    Case(P, "Katalog abbestellen"),
    Case(E, "Delete my account"),
    Case(E, "Please delete all of my personal data"),
    Case(E, "Right to be forgotten"),
    Case(E, "GDPR erasure request"),
    Case(E, "Löschung meiner Daten"),
    Case(E, "Suppression de mes données personnelles"),
    Case(A, "Subject Access Request"),
    Case(A, "Copy of my data"),
    Case(A, "What data do you hold about me?"),
    Case(A, "Auskunft nach Art. 15 DSGVO"),
    Case(A, "Demande d'accès"),
    Case("correction", "Correct my data"),
    Case("correction", "Re: Right to rectification (GDPR Art. 16)"),
    Case("correction", "Berichtigung meiner Daten"),
    Case("correction", "Data Request", "My name is misspelled."),
    Case(D, "Change my account"),
    Case(N, "Change my address"),
    Case("portability", "Data portability"),
    Case("portability", "Recht auf Datenübertragbarkeit"),
    Case("portability", "Transfer my data to another shop"),
    Case("restriction", "Restrict the processing of my data"),
    Case("restriction", "AW: Einschränkung der Verarbeitung"),
    Case("restriction", "Limit my personal information"),
    Case("restriction", "Data Request", "Please restrict it for now."),
    Case("objection", "Objection to the processing of my data"),
    Case("objection", "Stop using my information"),
    Case("objection", "Right to object"),
    Case("withdrawal", "I withdraw my consent"),
    Case("withdrawal", "Widerruf meiner Einwilligung"),
    Case("opt_out", "Do Not Sell or Share My Personal Information"),
    Case("opt_out", "Opt out of the sale of my data"),
    Case("limit", "Limit the Use of My Sensitive Personal Information"),
    Case(D, "Data Request", "Correct my name, then restrict it."),
    Case(N, "I object to this ring"),
    Case(N, "Correct size?"),
    Case("question", "Re: Question about privacy"),
    Case("question", "Frage zum Datenschutz"),
    Case("complaint", "Privacy complaint"),
    Case("complaint", "Complaint about my data"),
    Case(N, "A complaint about my ring"),
    Case(Q, "Privacy request"),
    Case(K, "An account of a child under 13"),
    Case(K, "My daughter's account"),
    # A label, and the text below it says what is meant
    Case(E, "Data Request", "Please delete everything you have."),
    Case(A, "Data Request", "I want a copy of everything you know."),
    Case(A, "Data Request", "Do not delete anything, just send me a copy."),
    Case(D, "Data Request", "Send me a copy, then delete it all."),
    Case(E, "GDPR", "Bitte löschen Sie meine Daten."),
    # The text alone: only what does no harm
    Case(U, "Re: New rings for winter", "unsubscribe\n\n> Our new rings are here."),
    Case(U, "Re: New rings for winter", "Stop.\n"),
    Case(S, "Re: Your parcel", "STOP SMS\n"),
    Case(U, "Re: hello", html="<p>Unsubscribe</p><blockquote><p>Our news</p></blockquote>"),
    Case(N, "Re: New rings for winter", QUOTED),
    Case(N, "Re: New rings for winter", "Delete my account and all data.\n"),
    Case(N, "A question", "How do I unsubscribe from your newsletter? It is nice, but too much.\n"),
    Case(N, "Hello", html="<p>Thanks!</p><blockquote>unsubscribe</blockquote>"),
    # About something we know
    Case(F, "Re: Accepted: see my data (DSR-7F3K-92QD)"),
    Case(F, "Where is LP-7F3K-92QD?"),
    Case(U, "Re: Your parcel is on its way (LP-7F3K-92QD)", "unsubscribe"),
    # Forwarded, and forwarded again
    Case(D, "Fwd: Fwd: Fwd: Data Request"),
    Case(D, "Fwd:", APPLE),
    Case(E, "FW:", inside="Delete my data"),
    Case(U, "WG: [News] Unsubscribe", inside="Data Request"),
    # Anything else
    Case(N, "Ring size"),
    Case(N, "I never wanted to unsubscribe"),
    Case(N, "", ""),
    # Written by machines
    Case(X, "Automatic reply: Data Request", headers={"Auto-Submitted": "auto-replied"}),
    Case(X, "Unsubscribe", headers={"Precedence": "bulk"}),
    Case(X, "Data Request", headers={"List-Id": "<talk.example.org>"}),
    Case(X, "Undelivered Mail Returned to Sender", sender="MAILER-DAEMON@mx.example"),
    Case(X, "Out of office: Unsubscribe"),
    Case(X, "Data Request", sender="no-reply@example.com"),
    Case(X, "Delete my data", headers={"Return-Path": "<>"}),
    Case(X, "Privacy Inquiry", headers={"X-Autoreply": "yes"}),
    Case(X, "Re: Data Request", sender="privacy@janeellen.example"),
]  # fmt: skip

# How it is said in German to somebody who is to stop, and to somebody who keeps data; the last ones only sound like it.
GERMAN = [
    Case(U, "Abmelden"),
    Case(U, "Abbestellen"),
    Case(U, "Abmeldung vom Newsletter"),
    Case(U, "Bitte vom Newsletter abmelden"),
    Case(U, "Bitte melden Sie mich vom Newsletter ab"),
    Case(U, "Newsletter kündigen"),
    Case(U, "Newsletter abmelden"),
    Case(U, "Kündigung Newsletter"),
    Case(U, "Abbestellung"),
    Case(U, "Abbestellung des Newsletters"),
    Case(U, "Bitte keine E-Mails mehr"),
    Case(U, "Keine Werbung mehr"),
    Case(U, "Keine Newsletter mehr"),
    Case(U, "Keine weiteren E-Mails"),
    Case(U, "Ich möchte keine Werbung mehr erhalten"),
    Case(U, "Bitte keine weiteren Werbemails"),
    Case(U, "Bitte aus dem Verteiler nehmen"),
    Case(U, "Aus dem Verteiler streichen"),
    Case(U, "Austragen"),
    Case(U, "Bitte tragen Sie mich aus dem Verteiler aus"),
    Case(U, "AW: Newsletter abbestellen"),
    Case(U, "WG: Abmelden"),
    Case(U, "Widerspruch gegen Werbung"),
    Case(U, "Werbewiderspruch"),
    Case(U, "Stoppen Sie den Newsletter"),
    Case(U, "Stopp Newsletter"),
    Case(U, "Nicht mehr anschreiben"),
    Case(S, "Stopp SMS"),
    Case(S, "STOPP SMS"),
    Case(S, "SMS abmelden"),
    Case(S, "SMS abbestellen"),
    Case(S, "Keine SMS mehr"),
    Case(S, "Keine Werbung mehr per SMS"),
    Case(S, "Keine SMS-Werbung mehr"),
    Case(S, "Bitte keine weiteren SMS"),
    Case(S, "Keine Kurznachrichten mehr"),
    Case(P, "Kataloge abbestellen"),
    Case(P, "Keine Kataloge mehr"),
    Case(P, "Bitte keine Briefe mehr"),
    Case(P, "Keine Briefwerbung mehr"),
    Case(P, "Keine Werbung mehr per Post"),
    Case(P, "Keine Post mehr"),
    Case(P, "Keine Werbepost mehr"),
    Case(D, "Datenanfrage"),
    Case(D, "Anfrage zu meinen Daten"),
    Case(D, "Re: Datenanfrage"),
    Case(D, "AW: Datenanfrage"),
    Case(D, "Antrag zu meinen Daten"),
    Case(D, "DSGVO-Anfrage"),
    Case(D, "DSGVO-Antrag"),
    Case(D, "Anfrage nach DSGVO"),
    Case(D, "Anfrage gemäß DSGVO"),
    Case(D, "Betroffenenanfrage"),
    Case(D, "Meine Daten ändern"),
    Case(A, "Auskunft über meine Daten"),
    Case(A, "Auskunftsersuchen"),
    Case(A, "Auskunftsantrag"),
    Case(A, "Antrag auf Auskunft"),
    Case(A, "Datenauskunft"),
    Case(A, "Kopie meiner Daten"),
    Case(A, "Bitte senden Sie mir eine Kopie meiner Daten"),
    Case(A, "Welche Daten haben Sie über mich?"),
    Case(A, "Welche Daten haben Sie über mich gespeichert?"),
    Case(A, "Welche Daten speichern Sie von mir"),
    Case(E, "Bitte löschen Sie meine Daten"),
    Case(E, "Meine Daten löschen"),
    Case(E, "Konto löschen"),
    Case(E, "Mein Konto löschen"),
    Case(E, "Antrag auf Löschung"),
    Case(E, "Antrag auf Löschung meiner Daten"),
    Case(E, "Löschantrag"),
    Case(E, "Löschung nach Art. 17 DSGVO"),
    Case(E, "Recht auf Vergessenwerden"),
    Case(E, "Recht auf Löschung"),
    Case(E, "Datenlöschung"),
    Case(E, "Kontolöschung"),
    Case(E, "Bitte alle meine personenbezogenen Daten löschen"),
    Case("portability", "Datenübertragbarkeit"),
    Case("portability", "Antrag auf Datenübertragung"),
    Case("correction", "Bitte berichtigen Sie meine Daten"),
    Case("correction", "Daten berichtigen"),
    Case("correction", "Meine Daten korrigieren"),
    Case("correction", "Recht auf Berichtigung"),
    Case("correction", "Antrag auf Berichtigung"),
    Case("restriction", "Einschränkung der Verarbeitung"),
    Case("restriction", "Verarbeitung einschränken"),
    Case("restriction", "Recht auf Einschränkung der Verarbeitung"),
    Case("restriction", "Antrag auf Einschränkung der Verarbeitung"),
    Case("objection", "Widerspruch gegen die Verarbeitung meiner Daten"),
    Case("objection", "Widerspruch gegen die Datenverarbeitung"),
    Case("objection", "Widerspruch nach Art. 21 DSGVO"),
    Case("objection", "Ich widerspreche der Verarbeitung meiner Daten"),
    Case("withdrawal", "Einwilligung widerrufen"),
    Case("withdrawal", "Ich widerrufe meine Einwilligung"),
    Case("categories", "Welche Kategorien von Daten speichern Sie?"),
    Case("question", "Fragen zum Datenschutz"),
    Case("question", "Datenschutzfrage"),
    Case("question", "Frage zu meinen Daten"),
    Case("complaint", "Beschwerde zum Datenschutz"),
    Case("complaint", "Beschwerde über den Datenschutz"),
    Case("complaint", "Datenschutzbeschwerde"),
    Case("complaint", "Datenschutzverstoß"),
    Case(Q, "Datenschutz"),
    Case(Q, "Datenschutz-Anfrage"),
    Case(Q, "Datenschutzanfrage"),
    Case(Q, "Anfrage zum Datenschutz"),
    Case(Q, "Datenschutzrechtliche Anfrage"),
    Case(Q, "An den Datenschutzbeauftragten"),
    Case(Q, "Datenschutzerklärung"),
    Case("opt_out", "Meine Daten nicht verkaufen"),
    Case("opt_out", "Bitte verkaufen Sie meine Daten nicht"),
    Case("opt_out", "Verkaufen Sie meine Daten nicht"),
    Case("opt_out", "Meine Daten nicht weitergeben"),
    Case("opt_out", "Keine Weitergabe meiner Daten"),
    Case("limit", "Nutzung sensibler Daten einschränken"),
    Case("limit", "Verwendung sensibler Daten begrenzen"),
    Case(C, "z. Hd. California Privacy"),
    Case(C, "Kalifornien Datenschutz"),
    Case(C, "z. Hd. Datenschutz Kalifornien"),
    Case(K, "Konto meines Kindes"),
    Case(K, "Mein Kind hat sich angemeldet"),
    Case(K, "Meine Tochter hat ein Konto bei Ihnen"),
    Case(K, "Mein Sohn unter 13 Jahren"),
    Case(K, "Kind unter 13"),
    Case(N, "Ring kündigen"),
    Case(N, "Widerruf meiner Bestellung"),
    Case(N, "Widerruf"),
    Case(N, "Kündigung"),
    Case(N, "Auskunft über einen Ring"),
    Case(N, "Post"),
    Case(N, "Anfrage"),
    Case(N, "Berichtigung der Gravur"),
    Case(N, "Meine Adresse ändern"),
    Case(N, "Bestellung stornieren"),
    Case(N, "Keine Ringe mehr in Größe 52?"),
    Case(N, "Frage zum Ring"),
    Case(N, "Löschung der Gravur"),
    Case(N, "Keine Post erhalten"),
    Case(N, "Kind im Geschäft verloren"),
    Case(N, "Keine E-Mail erhalten"),
    Case(N, "Keine SMS bekommen"),
    Case(N, "Einladung zum Abmelden"),
    Case(N, "Stopp, ich habe die falsche Größe bestellt"),
    Case(E, "Datenanfrage", "Bitte löschen Sie alles, was Sie von mir haben."),
    Case(A, "Datenanfrage", "Ich hätte gern eine Kopie von allem."),
    Case(A, "Datenanfrage", "Bitte löschen Sie nichts, ich möchte nur eine Kopie."),
    Case(D, "DSGVO-Anfrage", "Erst eine Kopie, dann bitte alles löschen."),
    Case("correction", "Datenanfrage", "Mein Name ist falsch geschrieben."),
    Case(U, "Re: Neue Ringe", "Abmelden\n\nVon meinem iPhone gesendet\n"),
    Case(U, "Re: Neue Ringe", "Stopp!\n"),
    Case(S, "Re: Ihr Paket", "Bitte keine SMS mehr.\n"),
    Case(P, "Re: Neue Ringe", "Keine Kataloge mehr bitte\n"),
    Case(N, "Re: Neue Ringe", "Bitte löschen Sie meine Daten.\n"),
    Case(N, "Eine Frage", "Wie melde ich mich vom Newsletter ab? Er gefällt mir, aber es ist zu viel.\n"),
    Case(X, "Automatische Antwort: Datenanfrage"),
    Case(X, "Abwesenheitsnotiz: Abmelden"),
]  # fmt: skip
