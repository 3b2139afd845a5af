"""One shape for everything that can go wrong: subject, expected, found, remedy, stable code."""


class Fault(Exception):
    """A fault the user can act on. str() is the whole message, on one line."""

    def __init__(self, code: str, subject: str, expected: str, found: str, remedy: str):
        super().__init__(f"{subject}: expected {expected}, found {found}. {remedy} [{code}]")
        self.code = code
