"""All tables of the app, gathered from its wings for Django."""

from privacy.consent.models import ConsentNotice, ConsentRecord, ConsentState, VisitorLink
from privacy.consent.preference_models import Preference
from privacy.consent.soft_opt_in_models import SoftOptIn
from privacy.ground.models import AuditEvent
from privacy.messages.announcement_models import Announcement, AnnouncementDelivery
from privacy.messages.arrivals import InboundMail, InboundText
from privacy.messages.models import Message
from privacy.messages.newsroom import Campaign, CampaignWay, MailchimpMember, NewsletterSignup
from privacy.messages.partner_models import PartnerList, PartnerListed
from privacy.messages.print_models import ListedLetter, PrintList
from privacy.messages.stoplist import Suppression
from privacy.proof.batches import AuditBatch, AuditLeaf
from privacy.proof.models import *  # noqa: F403
from privacy.register.demand_models import Demand
from privacy.register.models import Disclosure, Identifier, PolicyVersion, Subject, SubjectLink, Tombstone
from privacy.register.objection_models import Objection
from privacy.register.stop_models import CollectionStop
from privacy.rights.attachment_models import Agent, Attachment
from privacy.rights.child_models import ChildCase, ParentalConsent
from privacy.rights.codes import IdentityCode
from privacy.rights.conversation_models import RequestMessage
from privacy.rights.identity_checks import IdentityCheck
from privacy.rights.incident_models import AuthorityNotice, Incident, IncidentAction, IncidentEntry, MisusedAccount
from privacy.rights.models import *  # noqa: F403

__all__ = [
    "Agent",
    "Announcement",
    "AnnouncementDelivery",
    "Attachment",
    "AuditBatch",
    "AuditEvent",
    "AuditLeaf",
    "AuthorityNotice",
    "Campaign",
    "CampaignWay",
    "ChildCase",
    "CollectionStop",
    "ConsentNotice",
    "ConsentRecord",
    "ConsentState",
    "Demand",
    "Disclosure",
    "Identifier",
    "IdentityCheck",
    "IdentityCode",
    "InboundMail",
    "InboundText",
    "Incident",
    "IncidentAction",
    "IncidentEntry",
    "ListedLetter",
    "MailchimpMember",
    "Message",
    "MisusedAccount",
    "NewsletterSignup",
    "Objection",
    "ParentalConsent",
    "PartnerList",
    "PartnerListed",
    "PolicyVersion",
    "Preference",
    "PrintList",
    "RequestMessage",
    "SoftOptIn",
    "Subject",
    "SubjectLink",
    "Suppression",
    "Tombstone",
    "VisitorLink",
]
