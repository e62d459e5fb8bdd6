"""Nothing of somebody who said stop is used: each query of marketing, statistics, recommendations, disclosures asks `usable_for`.

The queries that need not are named here one by one, each with its reason; a new one fails this test until it asks or is named.
"""

from __future__ import annotations

from typing import Final

import pytest

from privacy.register import registry
from privacy.register.vocabulary import Purpose
from tests.consistency.test_house import APPS, ROOT, named, tracked
from tests.consistency.usable import concerned, unasked

USES: Final = frozenset({Purpose.MARKETING, Purpose.STATISTICS, Purpose.RECOMMENDATIONS, Purpose.REVIEWS})

#: Modules in which nothing is used for any of it.
OTHER_MATTERS: Final = {
    "orders/sharing.py": "shows an order where its owner wants it, and asks what may be used each time",
    "privacy/admin/messages.py": "the desk reads what became of messages",
    "privacy/consent/ledger.py": "what people said is kept and answered whatever is restricted",
    "privacy/messages/attempts.py": "begins one attempt, if what the gate was told still holds",
    "privacy/messages/foresight.py": "reads what the gate asks about each message of a batch",
    "privacy/messages/delivery.py": "carries one message at a time; the gate asks before each",
    "privacy/messages/outbox.py": "keeps and stops messages; the gate asks before one goes",
    "privacy/messages/partner_lists.py": "lists people and strikes them off; the gate asks about each, twice",
    "privacy/messages/print_lists.py": "lists letters and strikes them off; the gate asks before each, twice",
    "privacy/probes.py": "counts what should not be there",
    "privacy/proof/receipts.py": "somebody's own proof of what they said",
    "privacy/rights/correction.py": "puts right what its person asked for, and tells who received it",
    "privacy/rights/transfer.py": "sends a copy where its owner wants it",
}
#: Queries of the uses themselves that may see everybody.
MAY_SEE_ALL: Final = {
    "accounts/social.py:_of:SocialToken": "gives permissions back, and deletes them",
    "accounts/social.py:erase:SocialToken": "the same",
    "privacy/register/activities.py:bound:Disclosure": "how often something left for a company; a number",
    "privacy/messages/audience.py:__init__:Preference": "of people whom `usable` has passed or named a reason for",
    "privacy/messages/audience.py:__init__:Subject": "counts why somebody is left out, beside what is usable",
    "privacy/messages/audience.py:_families:SubjectLink": "who is one person",
    "privacy/messages/contacts.py:proven_emails:Identifier": "which addresses are proved; the contacts are usable ones",
    "privacy/messages/audience.py:_stopped:Suppression": "who must not be written to",
    "privacy/messages/audience.py:_confirmed:Identifier": "a number of people who never agreed",
    "privacy/messages/audience.py:page:ConsentState": "counts why somebody who agreed is left out",
    "privacy/messages/campaigns.py:_held_back:Message": "takes mails back",
    "privacy/messages/campaigns.py:_is_waiting:Message": "whether a page is on its way",
    "privacy/messages/campaigns.py:_write_page:Message": "whether a mail was written before",
    "privacy/messages/campaigns.py:pause:Message": "takes mails back",
    "privacy/messages/campaigns.py:_results:Message": "numbers of mails by outcome",
    "privacy/messages/gate.py:too_soon:Subject": "whose mail is in hand, asked after the gate let it pass",
    "privacy/messages/mailchimp.py:_move:MailchimpMember": "corrects a contact",
    "privacy/messages/mailchimp.py:correct:MailchimpMember": "corrects contacts",
    "privacy/messages/mailchimp.py:_known:MailchimpMember": "the contact of somebody whom the audience has passed",
    "privacy/messages/mailchimp.py:_member:MailchimpMember": "the same",
    "privacy/messages/mailchimp.py:erase:MailchimpMember": "has contacts deleted",
    "privacy/messages/mailchimp.py:forget:MailchimpMember": "deletes our rows of them",
    "privacy/messages/mailchimp.py:known_as:MailchimpMember": "names for an erasure",
    "privacy/messages/mailchimp.py:reconcile:MailchimpMember": "takes off the list who must not be on it",
    "privacy/messages/newsletter.py:_asked_lately:NewsletterSignup": "keeps an address from being flooded",
    "privacy/messages/newsletter.py:_proven:Identifier": "whose mailbox it is, asked by its owner's own button",
    "privacy/messages/newsletter.py:ask_confirmation:NewsletterSignup": "what somebody has just asked for",
    "privacy/messages/newsletter.py:asked_together:NewsletterSignup": "what one button says yes to",
    "privacy/messages/newsletter.py:close_ended:NewsletterSignup": "ends what nobody agrees to any more",
    "privacy/messages/newsletter.py:confirm:NewsletterSignup": "what one button said yes to",
    "privacy/messages/newsletter.py:read:NewsletterSignup": "the sign-up behind a link",
    "privacy/messages/unsubscribe.py:_living:Subject": "whoever leaves by a link",
    "privacy/consent/soft_opt_in.py:allows:Identifier": "whether the address is proved, after the sale was usable",
    "privacy/consent/soft_opt_in.py:shown:SoftOptIn": "takes back what was shown, on a no",
    "privacy/consent/soft_opt_in.py:sold:SoftOptIn": "notes that an order was paid",
    "privacy/register/disclosures.py:_handed_over:Demand": "the same, of authorities",
    "privacy/register/disclosures.py:processors:Disclosure": "the person's own answer to who received what",
    "privacy/register/disclosures.py:received:Disclosure": "the person's own answer to who received what",
    "privacy/rights/categories.py:_demands:Demand": "the person's own answer to who received what",
    "privacy/rights/categories.py:_rows:Disclosure": "the person's own answer to who received what",
    "privacy/rights/shine_the_light.py:_of_this_year:DataRequest": "the person's own earlier answer",
    "privacy/rights/shine_the_light.py:during:Disclosure": "the person's own answer to who received what",
    "shop/admin_reviews.py:photo:ReviewPhoto": "the desk reads what waits to be published, on the record",
    "shop/photos.py:sweep:ReviewPhoto": "names of files that are kept",
    "shop/reports.py:live:SQL": "a view of the database, which leaves them out itself",
    "shop/reviews.py:_decide:Review": "the desk decides",
    "shop/reviews.py:_drop_photo:ReviewPhoto": "deletes it",
    "shop/reviews.py:_say:ReviewPhoto": "the author says what may be done with it",
    "shop/reviews.py:mine:Review": "the author's own",
    "shop/reviews.py:photo_of:ReviewPhoto": "the author's own",
    "shop/reviews.py:received:Review": "the author's own",
    "shop/reviews.py:write:Review": "the author's own",
    "shop/views_reviews.py:_own:Review": "the author's own",
}


def found() -> list[str]:
    paths = concerned(tracked(*(f"{app}/*.py" for app in APPS)), ROOT)
    queries = {query for path in paths for query in unasked(path.read_text(), named(path))}
    return sorted(str(query) for query in queries if query.module not in {*OTHER_MATTERS, "privacy/register/usable.py"})


def test_every_query_of_these_uses_asks_what_may_be_used():
    assert [query for query in found() if query not in MAY_SEE_ALL] == []


def test_no_exception_outlives_its_query():
    assert sorted(MAY_SEE_ALL.keys() - set(found())) == []
    paths = {named(path) for path in concerned(tracked(*(f"{app}/*.py" for app in APPS)), ROOT)}
    assert sorted(OTHER_MATTERS.keys() - paths) == []


def test_the_rooms_of_every_use_are_read():
    """The net is wide enough: a room of each use that everybody knows is in it."""
    paths = {named(path) for path in concerned(tracked(*(f"{app}/*.py" for app in APPS)), ROOT)}
    rooms = {"privacy/messages/audience.py", "privacy/messages/campaigns.py", "privacy/messages/print_lists.py", "shop/activity.py",
             "shop/reports.py", "orders/reports.py", "orders/recommended.py", "privacy/register/disclosures.py",
             "privacy/messages/mailchimp.py", "orders/gateway.py"}  # fmt: skip
    assert sorted(rooms - paths) == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("Order.objects.filter(subject=one)", ["room:f:Order"]),
        ("Order.objects.usable_for(Purpose.MARKETING).filter(subject=one)", []),
        ("Order.objects.filter(subject=one).usable_for(Purpose.MARKETING).count()", []),
        ("Order.objects.create(subject=one)", []),
        ("ReviewPhoto.objects.filter(review=one)", ["room:f:ReviewPhoto"]),
        ("ReviewPhoto.objects.for_marketing().filter(review=one)", []),
        ("Order._base_manager.all()", ["room:f:Order"]),
        ("declaration.model_class()._base_manager.all()", ["room:f:any model"]),
        ("one.orders.filter(state=2)", ["room:f:.orders"]),
        ("one.orders.usable_for(Purpose.MARKETING).filter(state=2)", []),
        ("cursor.execute(words)", ["room:f:SQL"]),
        ("Product.objects.filter(slug=one)", []),
        ("[row for row in User.objects.all()]", ["room:f:User"]),
    ],
    ids=str,
)
def test_the_finder_finds(body, expected):
    assert [str(query) for query in unasked(f"def f(one):\n    return {body}\n", "room")] == expected


@pytest.mark.django_db
def test_every_model_that_is_declared_for_such_a_use_can_be_asked():
    declared = [
        each
        for each in registry.all_declared()
        if USES & {purpose for name in each.personal_fields() for purpose in each.purposes_of(name)}
    ]
    assert len(declared) >= 8
    able = [each.model for each in declared if hasattr(each.model_class()._default_manager, "usable_for")]
    assert able == [each.model for each in declared]
    for each in declared:
        assert list(each.model_class()._default_manager.usable_for(Purpose.MARKETING)) == []
