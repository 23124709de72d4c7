"""Write the Delta table of this case as it is before run 1, 2 or 3: python make.py [FOLDER [RUN]]."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
run = int(sys.argv[2]) if len(sys.argv) > 2 else 1
target = str(folder / "raw" / "orders")


def order_rows(*orders: tuple[str, str, float], quantity_type: pa.DataType | None = None) -> pa.Table:
    """One line of item A for each (order, customer, amount), all at the same minute."""
    placed = datetime(2024, 5, 3, 7, 12, tzinfo=UTC)
    return pa.table(
        {
            "order": [order for order, _, _ in orders],
            "customer": [customer for _, customer, _ in orders],
            "sku": ["A"] * len(orders),
            "qty": pa.array([1] * len(orders), pa.int32()).cast(quantity_type or pa.int32()),
            "paid": [amount for _, _, amount in orders],
            "placed_at": pa.array([placed] * len(orders), pa.timestamp("us", "UTC")),
        }
    )


if run == 1:  # no change feed yet
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    write_deltalake(target, order_rows(("1", "K-1", 1.0), ("2", "K-2", 2.0), ("3", "K-3", 3.0)))
elif run == 2:  # the change feed is switched on later, then rows change
    DeltaTable(target).alter.set_table_properties({"delta.enableChangeDataFeed": "true"})
    write_deltalake(target, order_rows(("4", "K-4", 4.0)), mode="append")
    DeltaTable(target).update(new_values={"paid": 2.5}, predicate="`order` = '2'")
    DeltaTable(target).delete("`order` = '3'")
    merge = DeltaTable(target).merge(
        order_rows(("1", "K-1", 1.1), ("5", "K-5", 5.0)),
        predicate="t.`order` = s.`order`",
        source_alias="s",
        target_alias="t",
    )
    merge.when_matched_update_all().when_not_matched_insert_all().execute()
else:  # the schema is overwritten: qty becomes text
    rows = order_rows(
        ("1", "K-1", 1.1),
        ("2", "K-2", 2.5),
        ("4", "K-4", 4.0),
        ("5", "K-5", 5.0),
        ("6", "K-6", 6.0),
        quantity_type=pa.string(),
    )
    write_deltalake(target, rows, mode="overwrite", schema_mode="overwrite")
