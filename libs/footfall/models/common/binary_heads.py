"""Many yes-or-no questions of one text at once: linear heads, and small nets over its vector. Pure; NumPy, scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from footfall.models.common.featureset import Matrix
from footfall.models.common.one_thread import one_thread
from footfall.models.common.text_head import DIGITS, Softmax
from footfall.steps.quiet import quiet

MOST_ROUNDS = 300
FEWEST = 20  # rows that must say yes, and no, before a linear head is fitted
NO = -6.0  # log-odds of a head that was not fitted
SEED = 17
NETS, HIDDEN, PENALTY, BATCH, STEPS = 3, 64, 0.3, 64, 1_300  # chosen by cross-validation on benchmarks/text/labels
MOST_EPOCHS = 40
Marks = npt.NDArray[np.bool_]  # [n_rows, n_questions]


def one_for_each(inputs: Matrix | csr_matrix, marks: Marks, strength: float) -> Softmax:
    """One logistic regression a question, of scikit-learn's C `strength`; the rows of a Softmax are here log-odds of their own."""
    with one_thread():
        heads = [_linear(inputs, column, strength) for column in marks.T]
    return Softmax(np.stack([coefficients for coefficients, _ in heads]), np.array([shift for _, shift in heads]))


def _linear(inputs: Matrix | csr_matrix, marks: Marks, strength: float) -> tuple[Matrix, float]:
    if min(marks.sum(), (~marks).sum()) < FEWEST:
        return np.zeros(inputs.shape[1]), NO
    solver = "liblinear" if isinstance(inputs, csr_matrix) else "lbfgs"  # many times as fast on sparse rows
    head = LogisticRegression(C=strength, max_iter=MOST_ROUNDS, solver=solver, random_state=SEED).fit(inputs, marks)
    return head.coef_[0], float(head.intercept_[0])


@dataclass(frozen=True)
class Net:
    """log-odds = relu(inputs @ inner + inner_shift) @ outer + outer_shift."""

    inner: Matrix
    inner_shift: Matrix
    outer: Matrix
    outer_shift: Matrix

    def logits(self, inputs: Matrix) -> Matrix:
        """float64[n_rows, n_questions]."""
        return np.asarray(np.maximum(inputs @ self.inner + self.inner_shift, 0) @ self.outer + self.outer_shift)

    def over_raw(self, middle: Matrix, spread: Matrix) -> Net:
        """The same log-odds of inputs as they are, where ours reads them as (inputs - middle) / spread."""
        inner = self.inner / spread[:, None]
        return Net(inner, self.inner_shift - middle @ inner, self.outer, self.outer_shift)

    def as_json(self) -> dict[str, Any]:
        """Numbers to five decimals."""
        return {name: np.round(numbers, DIGITS).tolist() for name, numbers in asdict(self).items()}

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Net:
        """The value whose `as_json` these fields are."""
        return cls(**{name: np.asarray(numbers, dtype=np.float64) for name, numbers in fields.items()})


def mean_logits(nets: tuple[Net, ...], inputs: Matrix) -> Matrix:
    """What nets say on average, float64[n_rows, n_questions]."""
    return np.asarray(np.mean([net.logits(inputs) for net in nets], axis=0))


def small_nets(inputs: Matrix, marks: Marks, *, count: int = NETS) -> tuple[Net, ...]:
    """A few that differ by chance alone; `inputs` are standardised. They stop early, which keeps them from knowing rows by heart."""
    with one_thread():
        return tuple(_net(inputs, marks, seed) for seed in range(SEED, SEED + count))


def _net(inputs: Matrix, marks: Marks, seed: int) -> Net:
    epochs = min(MOST_EPOCHS, round(STEPS * BATCH / len(inputs)) or 1)
    net = MLPClassifier(
        (HIDDEN,), alpha=PENALTY, batch_size=min(BATCH, len(inputs)), max_iter=epochs, random_state=seed, tol=0.0,
        n_iter_no_change=epochs,
    )  # fmt: skip
    with quiet():  # it is meant to stop before it converges
        net.fit(inputs, marks if marks.shape[1] > 1 else marks.ravel())
    (inner, outer), (inner_shift, outer_shift) = net.coefs_, net.intercepts_
    return Net(inner, inner_shift, outer, outer_shift)
