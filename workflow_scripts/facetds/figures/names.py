"""The names of figures that every arm has; imported by the rules, so without heavy libraries."""

NUMBERS = {("roc", "baseline"): "4.1", ("auc", "baseline"): "4.2", ("roc", "enhanced"): "4.4"}
"""The thesis's numbers of them."""


def name_figure(kind: str, arm: str) -> str:
    """Return the name of an arm's figure of `kind` (roc or auc), numbered as in the thesis."""
    number = NUMBERS.get((kind, arm))
    return f"fig-{number}-{kind}-{arm}" if number else f"{kind}-{arm}"
