"""What keeps evidence as it was written: a trigger for its tables, and the one way to let it go.

A row of evidence is never changed. It leaves only in a transaction that says it runs because the row's time has run
(`audit.expiring`), which retention alone does: so neither a slip in the code nor a bulk action in the admin removes proof.
"""

from __future__ import annotations

from typing import Any, Final

import pgtrigger

FLAG: Final = "loupe.retention"


class UntilItsTime(pgtrigger.Trigger):
    """Refuses every UPDATE, and DELETE unless the transaction has set `FLAG`."""

    def __init__(self, *, name: str) -> None:
        super().__init__(name=name, when=pgtrigger.Before, operation=pgtrigger.Update | pgtrigger.Delete)

    def get_func(self, model: Any) -> str:
        """The body of the trigger's function."""
        return f"""
            IF TG_OP = 'DELETE' AND current_setting('{FLAG}', true) = 'on' THEN
                RETURN OLD;
            END IF;
            RAISE EXCEPTION 'evidence: % is neither changed nor deleted before its time', TG_TABLE_NAME;
        """
