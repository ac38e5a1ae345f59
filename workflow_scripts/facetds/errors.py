"""The errors that a person is meant to read."""


class FacetdsError(Exception):
    """A problem the user can mend: the message names the file or key, and the remedy."""


class BadInput(FacetdsError):
    """A single foreign item that cannot be used.

    `str(error)` is the reason for `rejected.csv`, `code` its kind: a word that is the same for
    equal problems, whatever the file (docs/data.md lists all of them).
    """

    def __init__(self, reason: str, code: str = "unusable") -> None:
        """Take the reason in words, and its code."""
        super().__init__(reason)
        self.code = code
