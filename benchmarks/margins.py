"""Prints margins of the imagined shop beside those of Complete Journey: orders, gaps, baskets, values, popularity of items.

    python benchmarks/margins.py --simulated build/simulated --raw build/shop

Both are read with pandas, so a shop of some million order lines fits. An order of the imagined shop is what was sold of it.
Gaps are days between two days with orders of the same customer, a day with two orders counting as a gap of 0. The window of
Complete Journey is a year; compare with a simulation of --days 365.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9, 0.99)
ROOT = Path(__file__).resolve().parents[1]
COLUMNS = ["person", "order", "item", "time", "amount"]


def simulated(folder: Path) -> pd.DataFrame:
    """Sold lines of the imagined shop, under COLUMNS."""
    names = ["person", "order_id", "item", "time", "amount_cents", "is_sold"]
    lines = pd.read_parquet(folder / "truth" / "wanted_lines", columns=names)
    instants = pd.to_datetime(lines["time"], utc=True)  # Spark's time stamps come without their zone, which is UTC
    lines = lines.assign(amount=lines["amount_cents"] / 100, time=instants)[lines["is_sold"]]
    return lines.rename(columns={"order_id": "order"})[COLUMNS]


def complete_journey(folder: Path) -> pd.DataFrame:
    """Lines of the example shop on which something was sold, under COLUMNS."""
    files = sorted((folder / "transactions").glob("*.parquet"))
    lines = pd.concat([pd.read_parquet(file) for file in files])
    names = {"household_id": "person", "basket_id": "order", "product_id": "item", "transaction_timestamp": "time",
             "sales_value": "amount"}  # fmt: skip
    return lines[lines["quantity"] > 0].rename(columns=names)[COLUMNS]


def margins(lines: pd.DataFrame) -> dict[str, list[str]]:
    """Name of a margin -> its mean and quantiles, as text; of popularity, shares of lines."""
    orders = lines.groupby("order").agg(
        person=("person", "first"), time=("time", "min"), lines=("item", "size"), amount=("amount", "sum")
    )
    day = orders["time"].dt.tz_convert("America/New_York").dt.tz_localize(None).dt.floor("D")
    orders = orders.assign(day=day).sort_values(["person", "day"])
    gaps = orders.groupby("person")["day"].diff().dt.days.dropna()
    per_item = np.sort(lines.groupby("item").size().to_numpy())[::-1]
    share = per_item.cumsum() / per_item.sum()
    top = [f"{share[max(len(per_item) * percent // 100 - 1, 0)]:.2f}" for percent in (1, 10, 50)]
    return {
        "orders a customer": _spread(orders.groupby("person").size()),
        "days between orders": _spread(gaps),
        "lines an order": _spread(orders["lines"]),
        "value of an order": _spread(orders["amount"]),
        "share of lines of the top 1%, 10%, 50% of items": top,
    }


def _spread(values: pd.Series) -> list[str]:
    return [f"{values.mean():.1f}", *(f"{value:.0f}" for value in values.quantile(list(QUANTILES)))]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simulated", type=Path, required=True, help="folder that jobs/simulate.py wrote")
    parser.add_argument(
        "--raw", type=Path, default=ROOT / "build" / "shop", help="the example shop (default: build/shop)"
    )
    args = parser.parse_args()
    shops = {"imagined": margins(simulated(args.simulated)), "Complete Journey": margins(complete_journey(args.raw))}
    head = ["margin", "shop", "mean", *(f"{q:.0%}" for q in QUANTILES)]
    print(f"| {' | '.join(head)} |\n|{'---|' * len(head)}")
    for name in shops["imagined"]:
        for shop, values in shops.items():
            cells = [name, shop, *values[name]] if len(values[name]) > 3 else [name, shop, ", ".join(values[name])]
            print(f"| {' | '.join(cells + [''] * (len(head) - len(cells)))} |")


if __name__ == "__main__":
    main()
