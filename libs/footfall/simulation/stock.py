"""What stock makes of the wanted lines of a block: which are sold, how they are numbered, what their order costs. NumPy only."""

from __future__ import annotations

from typing import Any

import numpy as np

from footfall.simulation.assigned import NOTHING_ASSIGNED, AssignedDecisions
from footfall.simulation.block import line_columns
from footfall.simulation.draws import Flags, Ints
from footfall.simulation.plan import SimulationPlan

NO_UNSOLD = np.zeros((0, 3), dtype=np.int64)


def sold_line_columns(
    plan: SimulationPlan, block: int, assigned: AssignedDecisions = NOTHING_ASSIGNED, unsold: Ints = NO_UNSOLD
) -> dict[str, Any]:
    """The wanted lines in the order of person, order and line. `unsold` has person, order key and line of those without stock.

    New columns: `is_sold`; `line_number` among the order's sold lines, from 1; `order_cents`, what the order costs; -1: none.
    """
    columns = line_columns(plan, block, assigned)
    order = np.lexsort((columns["line"], columns["order_key"], columns["person"]))
    columns = {name: values[order] for name, values in columns.items()}
    is_sold = ~np.isin(_code(columns["person"], columns["order_key"], columns["line"]), _code(*unsold.T))
    return columns | {"is_sold": is_sold} | _of_orders(columns, is_sold)


def _code(person: Ints, order_key: Ints, line: Ints) -> Ints:
    code: Ints = (person << 34) + (order_key << 8) + line
    return code


def _of_orders(columns: dict[str, Any], is_sold: Flags) -> dict[str, Any]:
    of_order = _code(columns["person"], columns["order_key"], np.zeros(len(is_sold), dtype=np.int64))
    starts = np.flatnonzero(np.diff(of_order, prepend=-1))
    counts = np.diff(starts, append=len(of_order))
    sold_so_far = np.cumsum(is_sold)
    before: Ints = np.repeat(sold_so_far[starts] - is_sold[starts], counts)
    cents = np.where(is_sold, columns["amount_cents"], 0)
    sums, sold = (
        np.add.reduceat(values, starts) if len(starts) else starts for values in (cents, is_sold.astype(np.int64))
    )
    return {
        "line_number": np.where(is_sold, sold_so_far - before, -1),
        "order_cents": np.repeat(np.where(sold > 0, sums, -1), counts),
    }
