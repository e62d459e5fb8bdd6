"""What keeps evidence as it was written: a trigger for its tables, and the one way to let it go.

A row of evidence is never changed. It leaves only in a transaction that says it runs because the row's time has run
(`audit.expiring`), which retention alone does: so neither a slip in the code nor a bulk action in the admin removes proof.
"""

from __future__ import annotations

from typing import Any, Final

import pgtrigger

FLAG: Final = "loupe.retention"


class UntilItsTime(pgtrigger.Trigger):
    """Refuses every UPDATE, and DELETE unless the transaction has set `FLAG`.

    *may_empty*: text columns that an erasure may empty, and nobody may change.
    """

    def __init__(self, *, name: str, may_empty: tuple[str, ...] = ()) -> None:
        self.may_empty = may_empty
        super().__init__(name=name, when=pgtrigger.Before, operation=pgtrigger.Update | pgtrigger.Delete)

    def get_func(self, model: Any) -> str:
        """The body of the trigger's function."""
        return f"""{self._emptied()}
            IF TG_OP = 'DELETE' AND current_setting('{FLAG}', true) = 'on' THEN
                RETURN OLD;
            END IF;
            RAISE EXCEPTION 'evidence: % is neither changed nor deleted before its time', TG_TABLE_NAME;
        """

    def _emptied(self) -> str:
        """Lets a change pass that does nothing but empty some of the columns that may be emptied."""
        if not self.may_empty:
            return ""
        rest = "".join(f" - '{column}'" for column in self.may_empty)
        empty = " AND ".join(f"NEW.{column} IN ('', OLD.{column})" for column in self.may_empty)
        return f"""
            IF TG_OP = 'UPDATE' AND {empty} AND (to_jsonb(NEW){rest}) = (to_jsonb(OLD){rest}) THEN
                RETURN NEW;
            END IF;"""
