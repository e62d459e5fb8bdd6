"""The house rules that a tool can check: names, clocks, mails, the timetable, links, and what a page may contain."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template

from privacy.messages.kinds import KINDS
from shop.celery import app

ROOT = Path(settings.BASE_DIR)
APPS = ("shop", "accounts", "orders", "privacy")
# Doors read the clock; rooms are told the time.
DOORS = re.compile(
    r"(^|/)(views|admin|api|tasks|adapter|listeners|middleware|webhooks|health|celery|management/commands|tests|migrations|templatetags|forms|context|checks)(/|\.py$|_)"
)


def tracked(*patterns: str) -> Iterator[Path]:
    """Files of the project as git knows them, new ones included."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    for line in subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines():
        if (ROOT / line).is_file():
            yield ROOT / line


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_rooms_are_named_after_the_domain():
    patterns = {"services", "service", "utils", "util", "helpers", "helper", "manager", "managers", "common", "misc"}
    assert [named(path) for path in tracked(*(f"{app}/*.py" for app in APPS)) if path.stem in patterns] == []


def test_only_doors_read_the_clock():
    clock = re.compile(r"timezone\.now\(|datetime\.now\(|date\.today\(|localdate\(|time\.time\(")
    rooms = [path for path in tracked(*(f"{app}/*.py" for app in APPS)) if not DOORS.search(named(path))]
    assert len(rooms) > 40
    tells_no_time = [
        "accounts/models.py",  # Django's own commands and allauth make users through the manager
        "privacy/consent/choice.py",  # the page cache asks about the request in hand before any door is reached
        "privacy/consent/policy_banner.py",  # for the same reason
        "privacy/rights/identity.py",  # a decorator of views asks about the request in hand
        "shop/cache.py",  # Django asks for a key without telling the time
    ]
    assert [named(path) for path in rooms if clock.search(path.read_text())] == tells_no_time


@pytest.mark.parametrize("kind", sorted(name for name in KINDS if not name.startswith("tests.")))
def test_every_kind_of_mail_has_its_three_templates(kind):
    template = KINDS[kind].template
    folder = ROOT / "templates" / template
    found = [
        suffix for suffix in ("subject.txt", "txt", "html") if folder.with_name(f"{folder.name}.{suffix}").exists()
    ]
    assert found in (["subject.txt", "txt", "html"], []), f"{template} lacks a part"
    if folder.with_name(f"{folder.name}.sms.txt").exists():
        get_template(f"{template}.sms.txt")
    elif not found:
        assert kind.startswith("accounts."), "only allauth's own mails are rendered elsewhere"
    for suffix in found:
        get_template(f"{template}.{suffix}")


def test_the_timetable_names_tasks_that_exist():
    app.loader.import_default_modules()
    wanted = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert wanted
    assert wanted - set(app.tasks) == set()


PAGES = [path for path in tracked("templates/*.html") if "/emails/" not in named(path) and "/admin/" not in named(path)]
FORBIDDEN = {
    "inline script": re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/(ld\+)?json\")", re.I),
    "inline style": re.compile(r"<style|\sstyle=\"", re.I),
    "event handler": re.compile(r"\son(click|submit|change|load|input|error)=", re.I),
    "another origin": re.compile(r"(?:src|srcset|action|data)=\"(?:https?:)?//", re.I),
    "stylesheet of another origin": re.compile(r"<link[^>]+href=\"(?:https?:)?//", re.I),
}


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_a_page_holds_nothing_that_the_content_policy_forbids(path):
    text = re.sub(r"{#.*?#}|{% comment %}.*?{% endcomment %}", "", path.read_text(), flags=re.S)
    assert [what for what, pattern in FORBIDDEN.items() if pattern.search(text)] == []


def test_a_time_of_day_says_in_which_zone():
    bare = re.compile(r"\|date:\"[^\"]*H:i\" *}}(?! UTC| \({{)")
    assert [named(path) for path in PAGES if bare.search(path.read_text())] == []
    assert bare.search('{{ at|date:"j F Y, H:i" }}, later')


@pytest.mark.parametrize("path", list(tracked("*.md", "docs/*.md", "docs/adr/*.md")), ids=named)
def test_links_between_documents_lead_somewhere(path):
    targets = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", path.read_text())
    assert [target for target in targets if not (path.parent / target).exists()] == []


def test_styles_ask_no_other_origin():
    sheets = list(tracked("static/css/*.css", "static/css/**/*.css"))
    assert sheets
    assert [named(path) for path in sheets if re.search(r"url\(['\"]?(?:https?:)?//|@import", path.read_text())] == []
