"""Stored vectors as a matrix, for models that read them. NumPy and pandas only."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from footfall.errors import DataError


def vectors_matrix(rows: pd.DataFrame) -> npt.NDArray[np.float32]:
    """float32[n_rows, dim] from the column `vector`; float32[0, 0] without rows.

    Raises DataError where vectors differ in length: they come from different encoders.
    """
    if rows.empty:
        return np.empty((0, 0), dtype=np.float32)
    sizes = sorted({len(vector) for vector in rows["vector"]})
    if len(sizes) > 1:
        raise DataError(
            f"the column 'vector' mixes lengths {sizes}.",
            fix="Keep the rows of one encoder_fingerprint before making a matrix of them.",
        )
    return np.stack([np.asarray(vector, dtype=np.float32) for vector in rows["vector"]])
