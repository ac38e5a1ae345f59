"""A real Slurm of one node, for as long as the tests run."""

import os
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """Start Slurm and stop it at the end. Without root there is none: its tests are skipped."""
    if os.geteuid() != 0:
        pytest.skip("Slurm's daemons need root; run `make test-slurm` as root.")
    # Short: munge's socket lies in it.
    folder = tmp_path_factory.mktemp("slurm")
    for parent in (folder, *folder.parents[:2]):
        parent.chmod(0o755)  # munged is not root
    environment = os.environ | {"SLURM_TEST_DIR": str(folder)}
    script = str(HERE / "cluster.sh")
    # A file, as the daemons would hold a pipe open.
    said = folder / "said.txt"
    with said.open("w") as errors:
        started = subprocess.run([script, "start"], env=environment, stderr=errors, check=False)
    if started.returncode != 0:
        subprocess.run([script, "stop"], env=environment, check=False)
        pytest.skip(f"Slurm does not start on this machine: {said.read_text()[-300:].strip()}")
    yield
    subprocess.run([script, "stop"], env=environment, check=True)
