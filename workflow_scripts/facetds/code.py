"""Which code a command depends on, as one digest (DESIGN: stale means stale)."""

import ast
import hashlib
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent


def code_digest(module: str) -> str:
    """Return a digest of a `facetds` module and of every `facetds` module it reaches by import.

    It is taken over the abstract syntax trees without docstrings, so comments, docstrings,
    formatting and dates do not change it. Imports are found statically, also those inside
    functions.
    """
    return hashlib.sha256(
        "".join(f"{name}:{_digest(name)};" for name in sorted(_reached(module))).encode()
    ).hexdigest()[:16]


def _reached(module: str) -> set[str]:
    """Return `module` and all modules that its imports lead to."""
    found: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(_imports(name))
    return found


@cache
def _tree(module: str) -> ast.Module:
    return ast.parse(_path(module).read_text(encoding="utf-8"))


def _path(module: str) -> Path:
    path = ROOT.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


@cache
def _imports(module: str) -> frozenset[str]:
    names: set[str] = set()
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return frozenset(
        name for name in names if name.split(".")[0] == "facetds" and _path(name).is_file()
    )


@cache
def _digest(module: str) -> str:
    tree = _tree(module)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if (
            isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            and body
            and isinstance(body[0], ast.Expr)
            and isinstance(body[0].value, ast.Constant)
            and isinstance(body[0].value.value, str)
        ):
            node.body = body[1:]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()
