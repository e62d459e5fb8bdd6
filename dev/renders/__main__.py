"""`python -m dev.renders`: see that the tools are there, then `run`."""

from __future__ import annotations

import sys
from importlib.util import find_spec

TOOLS = ("mitsuba", "pyoidn", "numpy", "scipy", "PIL")


def main() -> int:
    """Hand over to `run.main`, or say in one sentence what is missing."""
    missing = [name for name in TOOLS if find_spec(name) is None]
    if missing:
        print(
            f"The pictures are drawn with {', '.join(missing)}, not installed here: "
            "python -m venv .loupe/render-venv && .loupe/render-venv/bin/pip install -r dev/renders/requirements.txt",
            file=sys.stderr,
        )
        return 2
    from dev.renders import run

    return run.main()


if __name__ == "__main__":
    sys.exit(main())
