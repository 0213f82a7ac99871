"""The one way in which the simulated broker says no. Holds no codes: each rule names its own (longport.md 2.4, 3.4)."""

from __future__ import annotations


class Refusal(Exception):
    """A request the broker refuses.

    Parameters
    ----------
    http_status : the HTTP status of a REST reply, or the status of a link's response (3 bad request, 7 refused).
    code : the broker's error code.
    message : its words.
    """

    def __init__(self, http_status: int, code: int, message: str) -> None:
        super().__init__(http_status, code, message)
        self.http_status = http_status
        self.code = code
        self.message = message
