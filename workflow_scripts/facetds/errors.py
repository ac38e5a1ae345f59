"""The errors that a person is meant to read."""


class FacetdsError(Exception):
    """A problem the user can mend: the message names the file or key, and the remedy."""


class BadInput(FacetdsError):
    """A single foreign item that cannot be used; `str(error)` is the reason for `rejected.csv`."""
