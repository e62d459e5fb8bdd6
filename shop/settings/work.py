"""Celery, and the timetable of everything that happens by itself."""

from celery.schedules import crontab

from shop.settings.outside import REDIS_URL

# Celery: a doorbell. No results, no retries of a publish, no waiting for a broker that is away.
CELERY_BROKER_URL = REDIS_URL
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_CONNECTION_TIMEOUT = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 1, "socket_connect_timeout": 1, "max_retries": 0}
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 600
CELERY_BEAT_SCHEDULE = {
    "erased people, everywhere": {"task": "privacy.tasks.sweep_residue", "schedule": crontab(hour="2", minute="7")},
    "mail that missed its bell": {"task": "privacy.tasks.sweep_outbox", "schedule": 15.0},
    "the chain of the audit trail": {"task": "privacy.tasks.bind_audit_events", "schedule": 60.0},
    "the shop's mailbox": {"task": "privacy.tasks.poll_mailbox", "schedule": 60.0},
    "what stays in the mailbox": {"task": "privacy.tasks.tidy_mailbox", "schedule": crontab(minute="43")},
    "mails to us that missed their bell": {"task": "privacy.tasks.sweep_mailroom", "schedule": 30.0},
    "announcements that stopped": {"task": "privacy.tasks.sweep_announcements", "schedule": 60.0},
    "requests that are due": {"task": "privacy.tasks.sweep_requests", "schedule": 15.0},
    "copies for other providers": {"task": "privacy.tasks.sweep_transfers", "schedule": 60.0},
    "restrictions whose notice has run": {"task": "privacy.tasks.lift_restrictions", "schedule": crontab(minute="29")},
    "export packages past their time": {"task": "privacy.tasks.sweep_packages", "schedule": crontab(minute="17")},
    "enclosed files without a row": {"task": "privacy.tasks.sweep_attachments", "schedule": crontab(minute="23")},
    "a backup": {"task": "privacy.tasks.back_up", "schedule": crontab(minute="19")},
    "links that lead nowhere": {
        "task": "privacy.tasks.check_links",
        "schedule": crontab(minute="47", hour="5", day_of_week="1"),
    },
    "rows past their time": {"task": "privacy.tasks.retention", "schedule": crontab(hour="3", minute="11")},
    "what was allowed and is not any more": {
        "task": "privacy.tasks.sweep_what_was_allowed",
        "schedule": crontab(hour="3", minute="53"),
    },
    "people who grew up": {"task": "privacy.tasks.grow_up", "schedule": crontab(hour="0", minute="41")},
    "requests whose time runs": {"task": "privacy.tasks.remind_staff", "schedule": 300.0},
    "leaks whose hours run": {"task": "privacy.tasks.remind_of_incidents", "schedule": 300.0},
    "children whose parents were silent": {
        "task": "privacy.tasks.sweep_children",
        "schedule": crontab(minute="51"),
    },
    "people whom no record names": {
        "task": "privacy.tasks.forget_unnamed_subjects",
        "schedule": crontab(hour="4", minute="37"),
    },
    "newsletters on their way": {"task": "privacy.tasks.sweep_campaigns", "schedule": 10.0},
    "print lists past their time": {"task": "privacy.tasks.close_print_lists", "schedule": crontab(minute="37")},
    "the list at Mailchimp": {"task": "privacy.tasks.reconcile_mailchimp", "schedule": 600.0},
    "newsletter sign-ups that are over": {
        "task": "privacy.tasks.close_newsletter_signups",
        "schedule": crontab(hour="2", minute="53"),
    },
    "months ahead": {"task": "privacy.tasks.make_partitions", "schedule": crontab(hour="1", minute="23")},
    "payments that missed their bell": {"task": "orders.tasks.sweep_payments", "schedule": 60.0},
    "sums of what is over": {"task": "orders.tasks.keep_sums", "schedule": crontab(hour="1", minute="3")},
    "orders that came to nothing": {"task": "orders.tasks.sweep_orders", "schedule": crontab(hour="3", minute="41")},
    "accounts nobody uses": {"task": "accounts.tasks.sweep_inactive", "schedule": crontab(hour="2", minute="31")},
    "what looks like an attack": {"task": "accounts.tasks.watch", "schedule": 300.0},
    "people who work here until now": {"task": "accounts.tasks.end_contracts", "schedule": 300.0},
    "accounts nobody confirmed": {
        "task": "accounts.tasks.sweep_unconfirmed",
        "schedule": crontab(hour="4", minute="11"),
    },
}
