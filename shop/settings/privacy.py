"""What keeps the policy: tags, the ledger, the grace of an erasure, where the sweep looks, certificates on paper."""

from datetime import timedelta

from shop.settings.base import BASE_DIR, IS_DEMO, LOUPE_HOME, LOUPE_POLICY, env

# Tags of third parties (`privacy.consent.tags`), by their names there: none without an id, and none without the visitor's consent.
LOUPE_TAGS = {
    "google-analytics": env.matching("GOOGLE_ANALYTICS_ID", "G-[A-Z0-9]{4,20}", "must look like G-AB12CD34EF"),
    "hotjar": env.matching("HOTJAR_ID", "[0-9]{4,12}", "must be the number of your Hotjar site"),
    "google-ads": env.matching("GOOGLE_ADS_ID", "AW-[0-9]{6,14}", "must look like AW-123456789"),
    "meta": env.matching("META_PIXEL_ID", "[0-9]{10,20}", "must be the number of your Meta pixel"),
}
LOUPE_STRICT_COOKIES = IS_DEMO  # a cookie that must not leave is an error here, and dropped and logged in production
LOUPE_LEDGER = env.path("LOUPE_LEDGER", LOUPE_HOME / "ledger" / "erasures.jsonl")
LOUPE_ERASURE_GRACE = env.seconds(
    "LOUPE_ERASURE_GRACE",
    timedelta(seconds=10) if IS_DEMO else timedelta(hours=72),
    low=timedelta(0) if IS_DEMO else timedelta(hours=24),
)
LOUPE_BACKUP_DAYS = env.number("LOUPE_BACKUP_DAYS", 35, low=0, high=3650)  # how old the oldest backup gets
# Where the shop lays its own backups, sealed: nowhere in the demo, and nowhere where an operator makes them otherwise.
_BACKUPS = env.text("LOUPE_BACKUPS", "off" if IS_DEMO else str(LOUPE_HOME / "backups"))
LOUPE_BACKUPS = None if _BACKUPS == "off" else env.path("LOUPE_BACKUPS", LOUPE_HOME / "backups")
LOUPE_PG_DUMP = env.text("LOUPE_PG_DUMP", "pg_dump")
LOUPE_CHECK_LINKS = env.flag("LOUPE_CHECK_LINKS", default=not IS_DEMO)  # whether links to other sites are asked
# What the residue sweep looks through besides LOUPE_HOME and the media; and what lies in LOUPE_HOME and belongs to other
# programs: the cluster and the broker (read through their own doors), keys, the stand-ins, the list of the demo's logins.
LOUPE_SWEEP_FOLDERS = env.words("LOUPE_SWEEP_FOLDERS")
LOUPE_SWEEP_LEAVES_OUT = (
    "postgres/data",
    "valkey",
    "keys",
    "backups",
    "static",
    "test",
    "stripe.sqlite3*",
    "demo.json",
)
# The faces of a certificate on paper; a profile of one's own gets the first.
LOUPE_PAPER_TEXT = BASE_DIR / "static/fonts/instrument-sans.woff2"
LOUPE_PAPER_DISPLAY = (
    BASE_DIR
    / "static/fonts"
    / {
        "jen_hansen": "fraunces.woff2",
        "jessies_selection": "marcellus.woff2",
        "jskeuc": "libre-caslon-display.woff2",
        "selenegleam": "italiana.woff2",
    }.get(LOUPE_POLICY, "cormorant-garamond.woff2")
)
LOUPE_BANNER_SECONDS = 30  # how long a process remembers which change of the policy pages tell of
