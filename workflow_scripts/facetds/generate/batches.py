"""Making the images of a batch."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from facetds.files import replacing_directory
from facetds.images import encode_jpeg
from facetds.latents import Directions, render, ws_of_seed
from facetds.naming import image_name

if TYPE_CHECKING:
    import torch


def write_batch(
    directory: Path, rows: Iterable[Any], generator: "torch.nn.Module", directions: Directions
) -> pd.DataFrame:
    """Render the planned `rows` (seed, order, index, degree, psi) into `directory`, in one step.

    Returns the manifest: image, seed, order, index, degree, psi, sha256 of the JPEG.
    """
    manifest = []
    with replacing_directory(directory) as folder:
        for row in rows:
            ws = ws_of_seed(generator, row.seed, row.psi, directions, row.index, row.degree)
            data = encode_jpeg(render(generator, ws))
            name = image_name(row.seed, row.order)
            (folder / name).write_bytes(data)
            manifest.append(
                {
                    "image": name,
                    "seed": row.seed,
                    "order": row.order,
                    "index": row.index,
                    "degree": row.degree,
                    "psi": row.psi,
                    "sha256": hashlib.sha256(data).hexdigest(),
                }
            )
    return pd.DataFrame(manifest)
