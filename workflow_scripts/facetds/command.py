"""How a function becomes a command: options from its signature, a log file, readable errors."""

import faulthandler
import inspect
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, get_origin

import typer

from facetds.errors import FacetdsError
from facetds.files import FULL, check_whole


class _Tee:
    """A text stream that writes to the terminal and to the log."""

    def __init__(self, stream: Any, log: Any) -> None:
        self.stream, self.log = stream, log

    def write(self, text: str) -> int:
        """Write `text` to both; a carriage return of a live bar becomes a new line in the log."""
        self.log.write(text.replace("\r", "\n"))
        return self.stream.write(text)

    def flush(self) -> None:
        """Flush both."""
        self.log.flush()
        self.stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


def run(function: Callable[..., None]) -> None:
    """Run `function` as a command line.

    Every parameter becomes an option named after it (`batch_size` is `--batch-size`; a list takes
    the option several times), unless it is annotated with `typer.Argument` or `typer.Option`
    already. `--log FILE` copies all output to a file. Files among the arguments that were damaged
    since facetds wrote them are refused (`files.check_whole`). A `FacetdsError`, or a full disk,
    ends the command with its message alone and exit status 1; TERM and USR1 raise `SystemExit`, so
    that clean-up runs.
    """
    signature = inspect.signature(function, eval_str=True)
    parameters = [
        p
        if get_origin(p.annotation) is Annotated
        else p.replace(annotation=Annotated[p.annotation, typer.Option()])
        for p in signature.parameters.values()
    ]
    log = inspect.Parameter(
        "log",
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[Path | None, typer.Option(help="Copy all output to this file.")],
    )

    def wrapper(log: Path | None = None, **arguments: Any) -> None:
        """Call the function with its output logged."""
        if log is not None:
            log.parent.mkdir(parents=True, exist_ok=True)
            handle = log.open("w", buffering=1, encoding="utf-8")
            faulthandler.enable(handle)
            sys.stdout, sys.stderr = _Tee(sys.stdout, handle), _Tee(sys.stderr, handle)
        for number in (signal.SIGTERM, signal.SIGUSR1):
            signal.signal(number, _leave)
        try:
            for path in _list_files(arguments.values()):
                check_whole(path)
            function(**arguments)
        except FacetdsError as error:
            print(f"Error: {error}", file=sys.stderr)
            raise SystemExit(1) from error
        except OSError as error:
            if error.errno not in FULL:
                raise
            print(
                f"Error: {error.filename or Path.cwd()}: {error.strerror}; make room (df -h shows "
                "where) and run again: what was finished stays.",
                file=sys.stderr,
            )
            raise SystemExit(1) from error

    wrapper.__signature__ = signature.replace(parameters=[*parameters, log])
    wrapper.__doc__ = function.__doc__
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    app.command()(wrapper)
    app()


def _list_files(values: Iterable[Any]) -> Iterator[Path]:
    """Yield the files that are there among values and lists of values."""
    for value in values:
        if isinstance(value, Path) and value.is_file():
            yield value
        elif isinstance(value, list):
            yield from _list_files(value)


def _leave(number: int, _frame: Any) -> None:
    raise SystemExit(128 + number)
