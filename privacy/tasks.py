"""Celery tasks: a bell was heard. Each takes ids, calls one verb, and is safe to run twice.

The lowest layer: rooms ring these, so a task imports its room only in its body (ADR 0001).
"""

from uuid import UUID

from celery import shared_task
from django.utils import timezone


@shared_task
def send_message(*, message_id: str) -> None:
    """Send one mail of the outbox."""
    from privacy.messages import outbox

    outbox.send(UUID(message_id), at=timezone.now())


@shared_task
def sweep_outbox() -> None:
    """Send what missed its bell."""
    from privacy.messages import outbox

    outbox.sweep(at=timezone.now())


@shared_task
def sweep_campaigns() -> None:
    """Begin newsletters that are due, and take each on its way one page further."""
    from privacy.messages import campaigns

    campaigns.sweep(by="system:worker", at=timezone.now())


@shared_task
def close_print_lists() -> None:
    """Stop letters that nobody printed in time, and close the lists of which no address is left."""
    from privacy.messages import print_lists

    print_lists.close_ended(at=timezone.now())


@shared_task
def reconcile_mailchimp() -> None:
    """Carry over to Mailchimp who is on the list, where the shop has one there."""
    from privacy.messages import mailchimp

    mailchimp.reconcile(by="system:worker", at=timezone.now())


@shared_task
def grow_up() -> None:
    """Move people to the next age once even the youngest of theirs has reached it."""
    from privacy.register import ages

    ages.grow_up(at=timezone.now())


@shared_task
def remind_staff() -> None:
    """Remind whoever works a request, or the desk, that its time runs."""
    from privacy.rights import escalation

    escalation.sweep(by="system:clock", at=timezone.now())


@shared_task
def remind_of_incidents() -> None:
    """Tell whoever handles leaks that the 72 hours of one run."""
    from privacy.rights import incident_alarms

    incident_alarms.sweep(by="system:clock", at=timezone.now())


@shared_task
def sweep_children() -> None:
    """Let go of everybody whose parent did not answer."""
    from privacy.rights import children

    children.sweep(by="system:retention", at=timezone.now())


@shared_task
def lift_restrictions() -> None:
    """Use again what was kept aside, where the notice of it has run."""
    from privacy.rights import restriction

    restriction.lift_due(by="system:worker", at=timezone.now())


@shared_task
def close_newsletter_signups() -> None:
    """End the sign-ups of people who agree to no topic by e-mail any more."""
    from privacy.messages import newsletter

    newsletter.close_ended(at=timezone.now())


@shared_task
def poll_mailbox() -> None:
    """Fetch what came to the shop's mailbox."""
    from privacy.messages import mailbox

    mailbox.collect(at=timezone.now())


@shared_task
def tidy_mailbox() -> None:
    """Let go of mails in the mailbox whose rows are gone."""
    from privacy.messages import mailbox

    mailbox.tidy(at=timezone.now())


@shared_task
def handle_mail(*, mail_id: str) -> None:
    """Act on one mail that came in."""
    from privacy.rights import mailroom

    mailroom.handle(UUID(mail_id), at=timezone.now())


@shared_task
def sweep_mailroom() -> None:
    """Act on mails whose bell was missed."""
    from privacy.rights import mailroom

    mailroom.sweep(at=timezone.now())


@shared_task
def carry_out_request(*, request_id: str) -> None:
    """Do what one request asks for, if its time has come."""
    from privacy.rights import acts

    acts.carry_out(UUID(request_id), by="system:worker", at=timezone.now())


@shared_task
def sweep_requests() -> None:
    """Carry out what is due and missed its bell; close what lapsed."""
    from privacy.rights import acts

    acts.sweep(by="system:sweep", at=timezone.now())


@shared_task
def send_transfer(*, transfer_id: str) -> None:
    """Send one copy to another provider."""
    from privacy.rights import transfer

    transfer.send(UUID(transfer_id), by="system:worker", at=timezone.now())


@shared_task
def sweep_transfers() -> None:
    """Send what missed its bell, and close what a worker left in the middle."""
    from privacy.rights import transfer

    transfer.sweep(by="system:sweep", at=timezone.now())


@shared_task
def sweep_packages() -> None:
    """Remove copies that expired or were fetched, and codes nobody can use any more."""
    from privacy.rights import identity, packages

    packages.sweep(by="system:sweep", at=timezone.now())
    identity.forget_codes(at=timezone.now())


@shared_task
def sweep_attachments() -> None:
    """Remove enclosed files whose rows are gone."""
    from privacy.rights import attachments

    attachments.sweep(at=timezone.now())


@shared_task
def make_partitions() -> None:
    """Make the months ahead of tables partitioned by month."""
    from privacy.rights import partitions

    partitions.make_ahead(at=timezone.now())


@shared_task
def bind_audit_events() -> None:
    """Bind what the audit trail has gained since the last time."""
    from privacy.proof import chain

    chain.bind(at=timezone.now())


@shared_task(time_limit=6 * 3600)
def sweep_residue() -> None:
    """Look for every erased person everywhere, and countersign the certificates of those who are nowhere."""
    from privacy.proof import sweep

    sweep.run(by="system:sweep", at=timezone.now())


@shared_task(time_limit=10_800)
def back_up() -> None:
    """Make a backup, where the shop makes its own."""
    from privacy.rights import backups

    if backups.are_on():
        backups.run(at=timezone.now())


@shared_task
def check_links() -> None:
    """Ask our links to other sites whether they still lead somewhere, where the shop may go out and ask."""
    from django.conf import settings

    from privacy.rights import reviews

    if settings.LOUPE_CHECK_LINKS:
        reviews.check_links(by="system:links", at=timezone.now())


@shared_task(time_limit=4 * 3600)
def retention() -> None:
    """Let go of everything whose time has run."""
    from privacy.rights import retention

    retention.run(apply=True, by="system:retention", at=timezone.now())


@shared_task
def forget_unnamed_subjects() -> None:
    """Let go of person records that no record names any more."""
    from privacy.register import subjects

    subjects.forget_unnamed(by="system:retention", at=timezone.now())


@shared_task
def forget_what_was_allowed(*, record_id: int) -> None:
    """Delete what was held only while somebody allowed it."""
    from privacy.rights import withdrawal

    withdrawal.forget(record_id, by="system:worker", at=timezone.now())


@shared_task
def sweep_what_was_allowed() -> None:
    """Delete what missed that bell, or was under a legal hold when it rang."""
    from privacy.rights import withdrawal

    withdrawal.sweep(by="system:sweep", at=timezone.now())


@shared_task
def announce(*, announcement_id: int) -> None:
    """Go on telling people of one thing."""
    from privacy.messages import announcements

    announcements.work(announcement_id, at=timezone.now())


@shared_task
def sweep_announcements() -> None:
    """Go on with every announcement whose worker stopped or whose bell was not heard."""
    from privacy.messages import announcements

    announcements.sweep(at=timezone.now())
