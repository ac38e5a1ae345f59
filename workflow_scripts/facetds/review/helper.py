"""The server's side of its helper process (see `studio`), which does what needs large libraries."""

import json
import subprocess
import sys
from threading import Lock
from typing import Any

from facetds.errors import FacetdsError


class Helper:
    """The helper process, started at the first request."""

    def __init__(self) -> None:
        self._process: subprocess.Popen | None = None
        self._lock = Lock()

    def ask(self, what: str, **options: Any) -> Any:
        """Return what the helper's function `what` returns; raise `FacetdsError` for its reason."""
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "facetds.review.studio"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            try:
                self._process.stdin.write(json.dumps([what, options]) + "\n")
                self._process.stdin.flush()
                answer = json.loads(self._process.stdout.readline() or "null")
            except (OSError, ValueError):
                answer = None
        if answer is None:
            raise FacetdsError("The helper process has ended; the terminal shows why.")
        if "error" in answer:
            raise FacetdsError(answer["error"])
        return answer["result"]

    def close(self) -> None:
        """End the helper."""
        if self._process is not None:
            self._process.stdin.close()
            self._process.kill()
            self._process.wait()
