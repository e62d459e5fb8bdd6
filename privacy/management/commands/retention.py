"""Let go of what nobody may keep any longer; the same run that beat starts every night."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from privacy.management.examples import ExampleCommand
from privacy.register import registry
from privacy.register.declare import Retention
from privacy.rights import retention
from privacy.rights.retention import Line

EXAMPLES = """
examples:
  manage.py retention                                 what is past due now, and what holds it back; writes nothing
  manage.py retention --at 2031-01-01                 what will be past due then, of what is here today
  manage.py retention --model orders.Order            one kind of thing
  manage.py retention --apply                         let it go
  manage.py retention --rules                         every rule, as the Markdown table of docs/retention.md
"""


class Command(ExampleCommand):
    help = "Lists the records whose retention has run; with --apply, deletes them as the nightly run does."
    examples = EXAMPLES

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--apply", action="store_true", help="delete; without it nothing is written")
        parser.add_argument("--model", default="", help='one model, like orders.Order, or "log files"')
        parser.add_argument("--at", type=_day, metavar="DATE", help="count as of this day (without --apply)")

        parser.add_argument("--rules", action="store_true", help="print every rule and count nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["rules"]:
            self.stdout.write(rules())
            return
        apply, model, day = options["apply"], options["model"], options["at"]
        if apply and day:
            raise CommandError(
                "--at looks at another day; what is deleted is past due today. Leave out one of the two."
            )
        try:
            lines = retention.run(apply=apply, model=model, by="system:retention", at=day or timezone.now())
        except retention.Unknown as problem:
            raise CommandError(f"{problem}. Known are the models of docs/retention.md.")
        except retention.Running:
            raise CommandError("Another run is at work. This one has done nothing.")
        self._print(lines, apply=apply)

    def _print(self, lines: list[Line], *, apply: bool) -> None:
        went = "gone" if apply else "would go"
        rows = [(line.label, line.rule, line.past_due, line.done if apply else line.free, _why(line)) for line in lines]
        widths = [max(len(str(row[column])) for row in [*rows, ("", "", "past due", went)]) for column in range(4)]
        head = ("what", "how long it is kept", "past due", went, "held back")
        for row in (head, *rows):
            cells = [
                str(cell).rjust(width) if isinstance(cell, int) else str(cell).ljust(width)
                for cell, width in zip(row, widths, strict=False)
            ]
            self.stdout.write("  ".join([*cells, row[4]]).rstrip())
        done = sum(row[3] for row in rows)
        self.stdout.write(f"\n{done} {went}." if apply else f"\n{done} {went}. Nothing was changed; --apply does it.")


def rules() -> str:
    """Every declaration with how long it is kept and from when, as a Markdown table."""
    lines = ["| what | model | kept | counted from |", "|---|---|---|---|"]
    for each in registry.all_declared():
        lines.append(f"| {each.label} | `{each.model}` | {each.retention} | {_clock(each.retention)} |")
        lines += [
            f"| {each.label}: {name.replace('_', ' ')} | `{each.model}.{name}` | {own} | {_clock(own)} |"
            for name, field in each.personal_fields().items()
            if (own := field.retention) is not None
        ]
    return "\n".join(lines)


def _clock(rule: Retention) -> str:
    if not rule.is_dated:
        return "the event"
    first, *others = (f"`{anchor.replace('__', '.')}`" for anchor in rule.anchors)
    words = ", else ".join([first, *others])
    return f"the month of {words}" if rule.by_month else words


def _why(line: Line) -> str:
    return "; ".join(f"{count}: {why}" for why, count in line.held.items())


def _day(text: str) -> datetime:
    """The end of a day, UTC."""
    return datetime.strptime(text, "%Y-%m-%d").replace(hour=23, minute=59, second=59, tzinfo=UTC)
