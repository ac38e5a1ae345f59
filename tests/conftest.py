"""TensorFlow and torch never share a process: the tests of the classifier run by themselves."""

from pathlib import Path

import pytest

FER = Path(__file__).parent / "fer"


def pytest_collection_modifyitems(items):
    apart = {FER in item.path.parents for item in items}
    if len(apart) == 2:
        raise pytest.UsageError(
            "TensorFlow (tests/fer) and torch (other stages) crash each other in one process. Run "
            "`pytest --ignore tests/fer` and `pytest tests/fer`, as `make test` does."
        )
