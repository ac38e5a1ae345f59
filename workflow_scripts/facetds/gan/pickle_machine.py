"""Reading pickles of others without Python's unpickler: nothing that a pickle names is ever called.

A pickle is a small program for a stack machine. This machine knows the instructions that build
plain data, and answers a global name only if it is in a table of inert stand-ins; it refuses all
else by name. Python's `pickletools` only splits the bytes into instructions.
"""

import io
import pickletools
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from facetds.errors import BadInput

MAX_DEPTH = 200
MAX_SIZE = 5_000_000
"""Values that a pickle may hold, counted as often as they are referred to."""

_MARK = object()
_PLAIN_KEYS = (str, int, float, type(None))


class StandIn(NamedTuple):
    """What a global name is answered with: a name, and a function of ours for its calls."""

    name: str
    rebuild: Callable[..., Any]


class Shell:
    """An object as data: its kind, the arguments it was made with, and its state (BUILD)."""

    def __init__(self, kind: str, *args: Any):
        self.kind, self.args, self.state = kind, args, None


def read_pickle(
    stream: io.BytesIO,
    stand_ins: Mapping[str, Callable[..., Any]],
    persistent: Callable[[Any], Any] | None = None,
) -> Any:
    """Return the value of the next pickle in `stream`, which is left behind its STOP.

    stand_ins: by "module.name", functions that take the arguments of a call and return data.
    persistent: what answers persistent ids; None refuses them.

    Raises `BadInput` naming the global or instruction for what is not plain data, and for values
    nested deeper than 200, in circles, or of more than 5 million items.
    """
    machine = _Machine(stand_ins, persistent)
    try:
        for opcode, argument, _ in pickletools.genops(stream):
            if opcode.name == "STOP":
                break
            machine.do(opcode.name, argument)
        value = machine.pop()
        if machine.stack:
            raise BadInput("it is a damaged pickle (values are left over)")
    except BadInput:
        raise
    except (ValueError, TypeError, IndexError, KeyError, AttributeError, OverflowError) as error:
        raise BadInput(f"it is a damaged pickle ({error})") from None
    _check_size(value)
    return value


class _Machine:
    """The stack, the memo and the instructions."""

    def __init__(self, stand_ins: Mapping[str, Callable], persistent: Callable | None):
        self.stand_ins = stand_ins
        self.persistent = persistent
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def do(self, name: str, argument: Any) -> None:
        """Carry out one instruction."""
        if name in _CONSTANTS:
            self.stack.append(_CONSTANTS[name])
        elif name in _LITERALS:
            self.stack.append(argument)
        elif name in _NEW:
            self.stack.append(_NEW[name]())
        elif name not in _NOTHING:
            action = _ACTIONS.get(name)
            if action is None:
                raise BadInput(f"it uses the pickle instruction {name}, which no network needs")
            action(self, argument)

    def pop(self) -> Any:
        value = self.stack.pop()
        if value is _MARK:
            raise ValueError("a mark where a value should be")
        return value

    def pop_to_mark(self) -> list[Any]:
        for position in range(len(self.stack) - 1, -1, -1):
            if self.stack[position] is _MARK:
                items = self.stack[position + 1 :]
                del self.stack[position:]
                return items
        raise ValueError("a mark is missing")

    def tuple_of(self, count: int) -> None:
        items = [self.pop() for _ in range(count)]
        self.stack.append(tuple(reversed(items)))

    def remember(self, number: int | None) -> None:
        value = self.stack[-1]
        if value is _MARK:
            raise ValueError("a mark is remembered")
        self.memo[len(self.memo) if number is None else number] = value

    def find(self, module: Any, name: Any) -> None:
        if type(module) is not str or type(name) is not str:
            # To write out or compare what nests or repeats without end would have no end itself.
            raise BadInput("it asks for what has no name")
        full = f"{module}.{name}"
        if full not in self.stand_ins:
            raise BadInput(f"it asks for {full[:200]}, which is no part of a network")
        self.stack.append(StandIn(full, self.stand_ins[full]))

    def call(self) -> None:
        arguments, function = self.pop(), self.pop()
        if not isinstance(function, StandIn) or type(arguments) is not tuple:
            raise BadInput("it calls what is no part of a network")
        try:
            self.stack.append(function.rebuild(*arguments))
        except BadInput:
            raise
        except (TypeError, ValueError, KeyError, AttributeError, RuntimeError) as error:
            raise BadInput(f"its {function.name} makes no sense ({error})") from None

    def build(self) -> None:
        state, shell = self.pop(), self.stack[-1]
        if not isinstance(shell, Shell) or shell.state is not None:
            raise BadInput("it changes an object that is no part of a network (BUILD)")
        shell.state = state

    def extend(self, items: list[Any]) -> None:
        if type(self.stack[-1]) is not list:
            raise ValueError("items without a list")
        self.stack[-1].extend(items)

    def set_items(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if type(target) is not dict or len(items) % 2:
            raise ValueError("items without a dict")
        for key, value in zip(items[::2], items[1::2], strict=True):
            if not isinstance(key, _PLAIN_KEYS):
                raise ValueError("a key that is neither text nor number")
            target[key] = value

    def add(self, items: list[Any]) -> None:
        if type(self.stack[-1]) is not set:
            raise ValueError("items without a set")
        self.stack[-1] |= plain_set(items)

    def resolve(self) -> None:
        if self.persistent is None:
            raise BadInput("it uses the pickle instruction BINPERSID, which no network needs")
        self.stack.append(self.persistent(self.pop()))


def plain_set(items: list[Any] | tuple[Any, ...] = ()) -> set[Any]:
    """Return a set of texts and numbers, as deep tuples cannot be hashed safely."""
    if not all(isinstance(item, _PLAIN_KEYS) for item in items):
        raise BadInput("it has a set of what is neither text nor number")
    return set(items)


def _find_on_stack(machine: _Machine, _: Any) -> None:
    name, module = machine.pop(), machine.pop()
    machine.find(module, name)


def _set_one(machine: _Machine, _: Any) -> None:
    value, key = machine.pop(), machine.pop()
    machine.set_items([key, value])


def _append_one(machine: _Machine, _: Any) -> None:
    value = machine.pop()
    machine.extend([value])


_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "MARK": _MARK}
_LITERALS = {
    "BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "SHORT_BINUNICODE", "BINUNICODE",
    "BINUNICODE8", "SHORT_BINBYTES", "BINBYTES", "BINBYTES8",
}  # fmt: skip
_NEW = {"EMPTY_DICT": dict, "EMPTY_LIST": list, "EMPTY_SET": set, "EMPTY_TUPLE": tuple}
_NOTHING = {"PROTO", "FRAME"}
_ACTIONS: dict[str, Callable[[_Machine, Any], None]] = {
    "TUPLE": lambda m, _: m.stack.append(tuple(m.pop_to_mark())),
    "TUPLE1": lambda m, _: m.tuple_of(1),
    "TUPLE2": lambda m, _: m.tuple_of(2),
    "TUPLE3": lambda m, _: m.tuple_of(3),
    "APPEND": _append_one,
    "APPENDS": lambda m, _: m.extend(m.pop_to_mark()),
    "SETITEM": _set_one,
    "SETITEMS": lambda m, _: m.set_items(m.pop_to_mark()),
    "ADDITEMS": lambda m, _: m.add(m.pop_to_mark()),
    "MEMOIZE": lambda m, _: m.remember(None),
    "BINPUT": lambda m, number: m.remember(number),
    "LONG_BINPUT": lambda m, number: m.remember(number),
    "BINGET": lambda m, number: m.stack.append(m.memo[number]),
    "LONG_BINGET": lambda m, number: m.stack.append(m.memo[number]),
    "GLOBAL": lambda m, names: m.find(*names.split(" ", 1)),
    "STACK_GLOBAL": _find_on_stack,
    "REDUCE": lambda m, _: m.call(),
    "NEWOBJ": lambda m, _: m.call(),
    "BUILD": lambda m, _: m.build(),
    "BINPERSID": lambda m, _: m.resolve(),
}


def children(value: Any) -> list[Any]:
    """Return what a value of `read_pickle` consists of."""
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    if isinstance(value, list | tuple | set):
        return list(value)
    if isinstance(value, Shell):
        return [value.args, value.state]
    return []


def _check_size(value: Any) -> None:
    """Refuse a value that would be walked through too deep or too long.

    Sizes and depths are found from the leaves up, each value once, on a stack of our own.
    """
    known: dict[int, tuple[int, int]] = {}
    open_ids: set[int] = set()
    todo = [(value, False)]
    while todo:
        item, done = todo.pop()
        if not done and id(item) in known:
            continue
        parts = children(item)
        if done:
            sizes = [known[id(part)] for part in parts]
            size = 1 + sum(size for size, _ in sizes)
            depth = 1 + max((depth for _, depth in sizes), default=0)
            if size > MAX_SIZE or depth > MAX_DEPTH:
                raise BadInput("it nests or repeats values without end")
            known[id(item)] = (size, depth)
            open_ids.discard(id(item))
            continue
        if id(item) in open_ids:
            raise BadInput("it holds a value that contains itself")
        if not parts:
            known[id(item)] = (1, 1)
            continue
        open_ids.add(id(item))
        todo.append((item, True))
        todo += [(part, False) for part in parts]
