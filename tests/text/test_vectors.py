"""Stored vectors become a matrix."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from footfall.errors import DataError
from footfall.text.vectors import vectors_matrix


def test_rows_become_a_float32_matrix_in_their_order() -> None:
    matrix = vectors_matrix(pd.DataFrame({"vector": [[1.0, 2.0], np.array([3.0, 4.0])]}, index=[9, 3]))
    np.testing.assert_array_equal(matrix, np.array([[1, 2], [3, 4]], dtype=np.float32))
    assert matrix.dtype == np.float32


def test_no_rows_make_an_empty_matrix() -> None:
    assert vectors_matrix(pd.DataFrame({"vector": []})).shape == (0, 0)


def test_vectors_of_two_encoders_are_refused() -> None:
    with pytest.raises(DataError, match=r"\[1, 2\](.|\n)*encoder_fingerprint"):
        vectors_matrix(pd.DataFrame({"vector": [[1.0, 2.0], [3.0]]}))
