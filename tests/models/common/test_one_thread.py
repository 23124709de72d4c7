"""BLAS computes in one thread while any model is fitted, and as before when the last one is."""

from __future__ import annotations

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from footfall.models.common.one_thread import one_thread


def blas_threads() -> set[int]:
    np.ones(2) @ np.ones(2)
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_a_fit_that_ends_leaves_the_limit_to_one_that_goes_on() -> None:
    with threadpool_limits(limits=2, user_api="blas"):
        assert blas_threads() == {2}
        first, second = one_thread(), one_thread()
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        assert blas_threads() == {1}
        second.__exit__(None, None, None)
        assert blas_threads() == {2}


def test_a_fit_that_fails_takes_the_limit_off() -> None:
    with threadpool_limits(limits=2, user_api="blas"):
        with pytest.raises(ArithmeticError), one_thread():
            raise ArithmeticError
        assert blas_threads() == {2}
