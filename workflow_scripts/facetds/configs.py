"""Config files before their values are believed: what YAML misreads in silence, and what is unsafe.

Snakemake reads the files itself, first of all, and executes those that ask for it with the key
__use_yte__. So look at a config file of others before its first use:
python -m facetds.configs FILE.
"""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer
import yaml

from facetds import command
from facetds.errors import FacetdsError
from facetds.foreign import read_bytes

MAX_BYTES = 1_000_000
MAX_NODES = 20_000
"""Values of a config, each counted as often as aliases repeat it, and long texts several times."""
WORD = 100
"""Characters of a text that count as a value."""
MAX_DEPTH = 20
TEMPLATE = "__use_yte__"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass
class _Open:
    """A list or mapping whose end has not come yet; keys: None in a list."""

    keys: set[str] | None
    anchor: str | None
    at_key: bool = True
    nodes: int = field(default=1)


def check_config(path: Path | str) -> None:
    """Raise `FacetdsError` unless a config file (YAML or JSON) is safe to read and means one thing.

    Refused are keys that come twice (the last would win in silence), numbers that YAML takes for
    octal (012) or for base 60 (12:30:45), tags, templates (__use_yte__), files of more than 1 MB,
    and nesting or aliases without end. Only the text is looked at; nothing is built of it.
    """
    try:
        text = read_bytes(path, MAX_BYTES).decode("utf-8-sig")
        _check_events(yaml.parse(text, Loader=_LOADER), path)
    except UnicodeDecodeError:
        raise FacetdsError(f"{path} is not text in UTF-8; save it anew.") from None
    except yaml.YAMLError as error:
        raise FacetdsError(
            f"{path} is not YAML: {' '.join(str(error).split())}; correct it."
        ) from None


def suggest(unknown: Iterable[str], known: Iterable[str]) -> str:
    """Return " (did you mean ...?)" for keys that are nearly known ones, or ""."""
    near = [difflib.get_close_matches(str(key), list(known), n=1) for key in sorted(unknown)]
    words = [match for found in near for match in found]
    return f" (did you mean {' and '.join(words)}?)" if words else ""


def _check_events(events: Iterable[yaml.Event], path: Path | str) -> None:
    resolver, nodes_of = yaml.SafeLoader(""), {}
    stack = [_Open(None, None)]
    for event in events:
        where = f"{path}, line {event.start_mark.line + 1}"
        if isinstance(event, yaml.CollectionEndEvent):
            closed = stack.pop()
            nodes = nodes_of[closed.anchor] = closed.nodes
        elif isinstance(event, yaml.CollectionStartEvent):
            _check_node(event, nodes_of, where)
            mapping = isinstance(event, yaml.MappingStartEvent)
            stack.append(_Open(set() if mapping else None, event.anchor))
            if len(stack) > MAX_DEPTH:
                raise FacetdsError(f"{where}: values are nested without end; remove them.")
            continue
        elif isinstance(event, yaml.ScalarEvent):
            _check_node(event, nodes_of, where)
            _check_scalar(event, resolver, stack, where)
            nodes = nodes_of[event.anchor] = 1 + len(event.value) // WORD
        elif isinstance(event, yaml.AliasEvent):
            if not nodes_of.get(event.anchor):
                raise FacetdsError(
                    f"{where}: the alias {event.anchor[:80]} stands before its end; remove it."
                )
            nodes = nodes_of[event.anchor]
        else:
            continue
        parent = stack[-1]
        parent.nodes += nodes
        parent.at_key = not parent.at_key
        if parent.nodes > MAX_NODES:
            raise FacetdsError(f"{where}: aliases repeat values without end; write them out.")


def _check_scalar(
    event: yaml.ScalarEvent, resolver: yaml.SafeLoader, stack: list[_Open], where: str
) -> None:
    parent, value = stack[-1], event.value
    if parent.keys is not None and parent.at_key:
        if value in parent.keys:
            raise FacetdsError(f"{where}: {value[:80]} comes twice in its section; keep one.")
        if value == TEMPLATE and len(stack) == 2:
            raise FacetdsError(
                f"{where}: {TEMPLATE} lets the file run code; remove it, and everything that "
                "begins with a question mark."
            )
        parent.keys.add(value)
        return
    if not event.implicit[0]:
        return
    kind = resolver.resolve(yaml.ScalarNode, value, (True, False)).rpartition(":")[2]
    digits = value.lstrip("+-")
    octal = kind == "int" and len(digits) > 1 and digits[0] == "0" and digits[1] in "_01234567"
    if octal or (kind in ("int", "float") and ":" in value):
        raise FacetdsError(
            f"{where}: YAML takes {value[:80]} for a number of base {8 if octal else 60}; write it "
            "in another way, or in quotes if it is text."
        )


def _check_node(event: yaml.NodeEvent, nodes_of: dict[str | None, int], where: str) -> None:
    """Refuse tags and anchors that come twice, and note that an anchor has begun."""
    if event.tag not in (None, "!"):
        raise FacetdsError(f"{where}: the tag {event.tag[:80]} is not allowed; remove it.")
    if event.anchor is not None:
        if event.anchor in nodes_of:
            raise FacetdsError(f"{where}: the anchor {event.anchor[:80]} comes twice; rename one.")
        nodes_of[event.anchor] = 0


def check(files: Annotated[list[Path], typer.Argument(help="Config files.")]) -> None:
    """Look at config files before Snakemake reads them.

    Example: python -m facetds.configs config.yaml
    """
    for path in files:
        check_config(path)
        print(f"{path} has nothing that is misread or run. Its values are checked by a dry run.")


if __name__ == "__main__":
    command.run(check)
