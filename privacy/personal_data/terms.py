"""How long the record of a request stays, and why: said once for every noun that belongs to one."""

from typing import Final

from privacy.register.declare import Retention
from privacy.rights.states import OPEN

FOR_THE_RECORD: Final = "records of requests and of what was done are kept to show that your rights were honoured"
REQUEST_TIME: Final = Retention.years("requests", anchor="completed_at", fallback="received_at").not_while(
    "state", *OPEN
)
OF_ITS_REQUEST: Final = Retention.as_its("request", REQUEST_TIME)
