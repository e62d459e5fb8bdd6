"""Fill a demo with people, orders and requests. Safe to run again: only what is missing is added."""

from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts import demo as people
from orders import demo as orders
from orders import reports
from privacy import demo as requests
from privacy import demo_children as children
from privacy import demo_inbox as inbox
from privacy import demo_incidents as incidents
from privacy import demo_newsletters as newsletters
from privacy.rights import retention
from shop import demo as visits
from shop import demo_reviews as said


class Command(BaseCommand):
    """Staff, customers, their orders and privacy requests in several states."""

    help = "Load the demo's people, orders and privacy requests. Not in production."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.IS_DEMO:
            raise CommandError("load_demo makes people with known passwords: it runs only with LOUPE_ENV=demo.")
        now = timezone.now()
        logins = people.load(at=now)
        self.stdout.write(f"People: {len(logins)} can sign in; passwords in {settings.LOUPE_HOME / 'demo.json'}")
        self.stdout.write(f"Orders: {orders.load(at=now)} new")
        self.stdout.write(f"Reviews: {said.load(at=now)} new")
        self.stdout.write(f"Privacy policy: {'version 1' if requests.publish_policy(at=now) else 'as it was'}")
        self.stdout.write(f"Privacy requests: {requests.load(at=now)} new")
        self.stdout.write(f"Reports about children: {children.load(at=now)} new")
        self.stdout.write(f"Leaks: {incidents.load(at=now)} new")
        self.stdout.write(f"Mails to the shop: {inbox.load(at=now)} new")
        self.stdout.write(f"Newsletters: {newsletters.load(at=now)} new")
        self.stdout.write(f"Visits: {visits.load(at=now)} new")
        reports.keep(at=now)
        # What is told of the past has lived through the nights since.
        with suppress(retention.Running):  # the shop is doing it just now
            retention.run(apply=True, by=requests.DEMO, at=now)
