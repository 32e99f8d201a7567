"""Every place where the product refuses somebody, found in its source, and a way to switch one of them off for a test.

A refusal is a `raise` of an error that says 401, 403 or 429, or of a forged request. It is found by reading the source, so
that a new one is covered by being written; `off` takes that one `raise` out of the running code and puts it back. Those that
say something else, as where what is not theirs "does not exist", are named in ALSO.
"""

from __future__ import annotations

import ast
import gc
import importlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import CodeType, FunctionType

from pyramid.exceptions import BadCSRFOrigin, BadCSRFToken

from portico.errors import DomainError

ROOT = Path(__file__).parents[1]
SOURCES = ("core", "plugins", "connectors")
NOT_SERVED = ("portico.cli", "portico.testing", "portico_demo")
REFUSALS = (401, 403, 429)
SENT_ELSEWHERE = ("prove_again",)
"""Functions that make a refusal of another kind: to the page that asks who sits there."""
ALSO = {
    ("portico.admin.people", "_changeable", "ConflictError"),
    ("portico.api.idempotency", "begin", "ConflictError"),
    ("portico.approvals.service", "withdraw", "NotFoundError"),
    ("portico.files.download", "Download._enter", "LinkExpiredError"),
    ("portico.files.download", "Download._enter", "NotFoundError"),
    ("portico.files.download", "Download._tenant", "NotFoundError"),
    ("portico.files.download", "Download.open", "LinkExpiredError"),
    ("portico.files.download", "Download.open", "NotFoundError"),
    ("portico.organisation.people", "_locked", "ConflictError"),
    ("portico.tenancy.service", "deactivate", "ConflictError"),
}
"""(module, function, error) of what refuses somebody by an error which elsewhere is a rule of a record's life: it says that
there is nothing, or that nobody does this to themselves."""


@dataclass(frozen=True, order=True)
class Check:
    """`number`: which one it is, of those in the function that raise the same error."""

    module: str
    function: str
    error: str
    number: int

    def __str__(self) -> str:
        return f"{self.module}:{self.function} {self.error}" + (f" {self.number}" if self.number > 1 else "")


@lru_cache
def files() -> dict[str, Path]:
    """Module → its file, of all that serves requests."""
    found = {}
    for folder in SOURCES:
        for file in sorted((ROOT / folder).rglob("*.py")):
            parts = file.relative_to(ROOT / folder).with_suffix("").parts
            name = ".".join(part for part in parts if part != "__init__")
            if "migrations" not in parts and not name.startswith(NOT_SERVED):
                found[name] = file
    return found


@lru_cache
def refusing_errors() -> frozenset[str]:
    """Names of the errors that refuse; every module is loaded first, so that none is missing."""
    for name in files():
        importlib.import_module(name)

    def below(error: type) -> Iterator[type]:
        yield error
        for one in error.__subclasses__():
            yield from below(one)

    errors = {one.__name__ for one in below(DomainError) if getattr(one, "status", None) in REFUSALS}
    return frozenset(errors | {BadCSRFOrigin.__name__, BadCSRFToken.__name__, *SENT_ELSEWHERE})


@lru_cache
def checks() -> dict[str, Check]:
    found = [Check(name, function, error, number) for name in files()
             for function, error, number, _node in _raises(name, _tree(name))]
    return {str(one): one for one in sorted(found)}


def _tree(module: str) -> ast.Module:
    return ast.parse(files()[module].read_text())


def _raises(module: str, tree: ast.Module) -> Iterator[tuple[str, str, int, ast.Raise]]:
    count: Counter[tuple[str, str]] = Counter()
    for function, node in _within(tree, ()):
        error = _name(node.exc) if isinstance(node, ast.Raise) else None
        if isinstance(node, ast.Raise) and error and _refuses(module, function, node.exc, error):
            count[function, error] += 1
            yield function, error, count[function, error], node


def _within(node: ast.AST, path: tuple[str, ...]) -> Iterator[tuple[str, ast.AST]]:
    """(qualified name of the function without "<locals>", statement) for everything in functions."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            continue  # holds no statement, and is most of the tree
        inner = (*path, child.name) if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) else path
        yield ".".join(inner), child
        yield from _within(child, inner)


def _refuses(module: str, function: str, raised: ast.AST | None, name: str) -> bool:
    if not isinstance(raised, ast.Subscript):
        return name in refusing_errors() or (module, function, name) in ALSO
    kept = getattr(importlib.import_module(module), name, {})  # a table of errors, by what the database says
    return any(getattr(one, "__name__", "") in refusing_errors() for one in kept.values())


def _name(node: ast.AST | None) -> str | None:
    while isinstance(node, ast.Call | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else None


@contextmanager
def off(check: Check) -> Iterator[None]:
    """That one refusal does not happen: the code goes on behind it."""
    def never(tree: ast.Module) -> None:
        for function, error, number, node in list(_raises(check.module, tree)):
            if (function, error, number) == (check.function, check.error, check.number):
                _put(tree, node, ast.If(ast.Constant(False), [node], []))  # names stay known to the function

    with _changed(check.module, check.function, never):
        yield


def returns(module: str, function: str) -> int:
    """How many `return` of the function can say no."""
    return len(_returns(_tree(module), function))


@contextmanager
def always(module: str, function: str, number: int) -> Iterator[None]:
    """The function's return of that number, from 0, says True instead of what it would."""
    def yes(tree: ast.Module) -> None:
        _returns(tree, function)[number].value = ast.Constant(True)

    with _changed(module, function, yes):
        yield


def _returns(tree: ast.Module, function: str) -> list[ast.Return]:
    """But for those that say yes anyhow."""
    found = [node for name, node in _within(tree, ()) if name == function and isinstance(node, ast.Return)]
    return [node for node in found if not (isinstance(node.value, ast.Constant) and node.value.value is True)]


def _put(tree: ast.Module, old: ast.stmt, new: ast.stmt) -> None:
    for node in ast.walk(tree):
        for _field, value in ast.iter_fields(node):
            if isinstance(value, list) and any(one is old for one in value):
                value[[one is old for one in value].index(True)] = new
                return


@contextmanager
def _changed(module: str, function: str, change: Callable[[ast.Module], None]) -> Iterator[None]:
    """The code of every living function of that name is that of the changed source, within the block."""
    tree = _tree(module)
    change(tree)
    new = dict(_codes(compile(ast.fix_missing_locations(tree), str(files()[module]), "exec")))[function]
    file = importlib.import_module(module).__file__
    living = [one for one in gc.get_objects() if isinstance(one, FunctionType) and one.__code__.co_filename == file
              and one.__code__.co_qualname.replace(".<locals>", "") == function]
    assert living, f"{module} has no {function}"
    former = [one.__code__ for one in living]
    assert all(code.co_code != new.co_code for code in former), f"{function}: nothing was changed"
    for one in living:
        one.__code__ = new
    try:
        yield
    finally:
        for one, code in zip(living, former, strict=True):
            one.__code__ = code


def _codes(code: CodeType) -> Iterator[tuple[str, CodeType]]:
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield one.co_qualname.replace(".<locals>", ""), one
            yield from _codes(one)
