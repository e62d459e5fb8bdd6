"""`manage.py promises`: every promise, how it stands and what shows it. Ends with 1 when a figure is not what it should be."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from privacy.proof import probes, promises
from privacy.proof.promises import Promise, Standing, Status
from privacy.register import profiles


class Command(BaseCommand):
    help = "Print the promises of the policies, how each stands, and what the running shop measures."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--profile", choices=profiles.slugs(), help="only this shop's")
        parser.add_argument("--status", choices=[str(status) for status in Status], help="only those that stand so")
        parser.add_argument("--id", metavar="JS-26", help="only this one")
        parser.add_argument("--json", action="store_true", help="for a program")

    def handle(self, *args: Any, **options: Any) -> None:
        chosen = _chosen(options["profile"], options["status"], options["id"])
        figures = probes.measure({each.probe for each in chosen}, at=timezone.now())
        standings = promises.standing(chosen, figures)
        if options["json"]:
            self.stdout.write(json.dumps(_as_data(standings), indent=2, ensure_ascii=False))
        else:
            for standing in standings:
                self.stdout.write(_as_text(standing))
            self.stdout.write(_counts_in_words(chosen))
        if wrong := [each for each in figures.values() if not each.is_right]:
            raise CommandError("".join(f"{each.probe.words}: {_value(each)}. " for each in wrong).strip())


def _chosen(profile: str | None, status: str | None, id_: str | None) -> list[Promise]:
    register = promises.register()
    if id_ and id_ not in register.promises:
        raise CommandError(f"There is no promise {id_}.")
    every = promises.of_profile(profiles.named(profile)) if profile else list(register.promises.values())
    return [each for each in every if (not status or each.status == status) and (not id_ or each.id == id_)]


def _as_text(standing: Standing) -> str:
    promise, figure = standing.promise, standing.figure
    lines = [f"{promise.id}  {promise.status}  {promise.words}"]
    if promise.override:
        lines.append(f"the law asks more: {promise.override}")
    if promise.kept_by:
        lines.append(f"kept by {promise.kept_by}")
    lines += [f"shown by {test.path}::{test.name}" for test in standing.tests]
    if figure:
        lines.append(f"measured: {figure.probe.words}: {_value(figure)} (right: {figure.probe.right})")
    return "\n        ".join(lines)


def _as_data(standings: list[Standing]) -> dict[str, Any]:
    return {
        "counts": promises.counted(each.promise for each in standings),
        "promises": [
            {
                "id": each.promise.id,
                "words": each.promise.words,
                "theme": each.promise.theme.slug,
                "status": each.promise.status,
                "override": each.promise.override,
                "kept_by": each.promise.kept_by,
                "tests": [f"{test.path}::{test.name}" for test in each.tests],
                "figure": each.figure and _figure_as_data(each.figure),
            }
            for each in standings
        ],
    }


def _figure_as_data(figure: probes.Figure) -> dict[str, Any]:
    return {
        "name": figure.probe.name,
        "words": figure.probe.words,
        "value": figure.value,
        "right": figure.probe.right,
        "is_right": figure.is_right,
        "measured_at": figure.at.isoformat(),
    }


def _value(figure: probes.Figure) -> str:
    return "could not be measured" if figure.value is None else str(figure.value)


def _counts_in_words(chosen: list[Promise]) -> str:
    counts = promises.counted(chosen)
    noun = "promise" if len(chosen) == 1 else "promises"
    return f"\n{len(chosen)} {noun}: " + ", ".join(f"{count} {status}" for status, count in counts.items()) + "."
