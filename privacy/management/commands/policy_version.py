"""The policy as the shop says it today, beside the version that is published."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from privacy.register import documents, policy_versions
from privacy.register.documents import Change
from privacy.rights import policy


class Command(BaseCommand):
    help = "Shows what of the policy is not published yet. With --publish, publishes it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="fail while something is not published: for a release")
        parser.add_argument("--publish", metavar="DATE", type=_day, help="publish it, in force from 2026-12-01")
        parser.add_argument("--important", action="store_true", help="tell people of it")
        parser.add_argument("--summary", default="", help="what changes, as people read it")

    def handle(self, *args: Any, **options: Any) -> None:
        document, newest = policy.compose(), policy_versions.newest()
        changes = documents.text_changes(policy_versions.sections_of(newest), document.sections) if newest else []
        self._tell("It says something else about people's data", policy_versions.weighty(document, newest))
        self._tell("Its words", changes)
        if options["publish"]:
            self._publish(options)
        elif not policy_versions.differs(document, newest):
            self.stdout.write(f"{str(newest).capitalize()} says everything.")
        elif options["check"]:
            raise CommandError("The shop says something that no published version says: publish it first.")
        else:
            self.stdout.write("Not published yet." if newest else "Nothing has been published yet.")

    def _publish(self, options: dict[str, Any]) -> None:
        try:
            version = policy.publish(
                effective_on=options["publish"],
                is_material=options["important"],
                summary=options["summary"],
                by="system:command",
                at=timezone.now(),
            )
        except policy_versions.NotPublishable as hindrance:
            raise CommandError(str(hindrance))
        self.stdout.write(f"{str(version).capitalize()} is published: {version.digest}")

    def _tell(self, heading: str, changes: list[Change]) -> None:
        for change in changes:
            self.stdout.write(f"{heading}, {change.title}:")
            for mark, lines in (("-", change.gone), ("+", change.new)):
                self.stdout.writelines(f"  {mark} {line}" for line in lines)


def _day(text: str) -> date:
    return date.fromisoformat(text)
