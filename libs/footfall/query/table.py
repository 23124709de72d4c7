"""One table at its last closed version, as an Arrow, pandas, Polars or Spark frame. Touches the lake, reading only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from footfall.contract import Table
from footfall.errors import DataError
from footfall.query.closed import ClosedVersion
from footfall.query.contracts import contract_of, type_name
from footfall.query.delta import missing_package
from footfall.query.filters import Filters, columns_of, exact_groups, expression_of, on_partitions

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa
    from deltalake import DeltaTable
    from pyarrow.compute import Expression
    from pyspark.sql import DataFrame, SparkSession


class ClosedTable:
    """A table of a lake at one version, with its contract. Nothing is read before a frame is asked for.

    `columns` chooses columns, all by default. `filters` chooses rows, as in pyarrow.parquet.read_table: conditions such as
    `[("as_of_date", "=", date(2018, 1, 1))]` that all hold, a list of such lists of which one holds, or an Expression of
    pyarrow, which reads all columns. Values of conditions are converted to the column's type without a loss.
    """

    def __init__(self, name: str, path: str, delta: DeltaTable, closed: ClosedVersion | None) -> None:
        self.name = name
        self.path = path
        self.closed = closed
        self._delta = delta

    @property
    def version(self) -> int:
        """The Delta version that is read."""
        return self._delta.version()

    @property
    def contract(self) -> Table:
        """What the table promises: grain, key, columns, rules. DataError where this footfall declares no such table."""
        contract = contract_of(self.name, self._delta.schema())
        if contract is None:
            raise DataError(
                f"{self.name}: this version of footfall declares no such table.",
                fix="Read the table without its contract, or install the version of footfall that wrote it.",
            )
        return contract

    @property
    def columns(self) -> dict[str, str]:
        """Name of each column in the lake -> its meaning and unit."""
        return {field.name: str(field.metadata.get("comment", "")) for field in self._delta.schema().fields}

    def to_arrow(self, columns: Sequence[str] | None = None, filters: Filters | Expression | None = None) -> pa.Table:
        """The rows as an Arrow table: decimals and dates are exact, time stamps in UTC.

        Each row is compared with the filters. Statistics of files are not used, since they leave NaN out; only
        partitions that cannot hold a row (other dates than those asked for) are not read.
        """
        import pyarrow as pa
        from pyarrow.compute import Expression

        names = list(self.columns if columns is None else columns)
        if isinstance(filters, Expression):  # it does not say which columns it is about
            needed, condition, partitions = list(self.columns), filters, None
            self._require(names)
        else:
            needed = list(dict.fromkeys([*names, *columns_of(filters)]))
            self._require(needed)
            arrow_schema = pa.schema(self._delta.schema().to_arrow())
            groups = exact_groups(filters, arrow_schema)
            condition = expression_of(groups, arrow_schema) if groups else None
            partitions = on_partitions(groups, self._delta.metadata().partition_columns)
        dataset = self._delta.to_pyarrow_dataset(file_pruning_predicate=partitions)
        batches: Iterator[pa.RecordBatch] = dataset.to_batches(columns=needed)
        if condition is not None:
            batches = (kept for batch in batches for kept in self._matching(batch, condition).to_batches())
        schema = pa.schema([dataset.schema.field(name) for name in needed])
        return pa.Table.from_batches(batches, schema).select(names)

    def to_pandas(
        self, columns: Sequence[str] | None = None, filters: Filters | Expression | None = None
    ) -> pd.DataFrame:
        """The rows as a pandas frame; a map is a dict, a list an array, a decimal a Decimal."""
        frame: pd.DataFrame = self.to_arrow(columns, filters).to_pandas(maps_as_pydicts="strict")
        return frame

    def to_polars(
        self, columns: Sequence[str] | None = None, filters: Filters | Expression | None = None
    ) -> pl.DataFrame:
        """The rows as a Polars frame; a map is a list of pairs."""
        try:
            import polars as pl
        except ImportError as fault:
            raise missing_package("polars", fault) from fault
        return pl.DataFrame(self.to_arrow(columns, filters))

    def to_spark(self, spark: SparkSession) -> DataFrame:
        """The rows as a Spark frame of this session, which must have Delta Lake."""
        return spark.read.format("delta").option("versionAsOf", self.version).load(self.path)

    def __len__(self) -> int:
        return int(self._delta.count())

    def __repr__(self) -> str:
        head = f"{self.name}, {len(self):,} rows, {self.closed or f'version {self.version}, the newest'}"
        fields = [(field.name, type_name(field.type)) for field in self._delta.schema().fields]
        name_width, type_width = (max(len(pair[i]) for pair in fields) for i in (0, 1))
        lines = (f"  {name:<{name_width}}  {kind:<{type_width}}  {self.columns[name]}" for name, kind in fields)
        return "\n".join((head, str(self._delta.metadata().description or ""), *lines))

    def _matching(self, batch: pa.RecordBatch, condition: Expression) -> pa.Table:
        """The rows of a batch that fulfil a condition."""
        import pyarrow as pa

        try:
            return pa.Table.from_batches([batch]).filter(condition)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as fault:
            raise DataError(
                f"{self.name}: the filter {condition} does not fit its columns: {fault}",
                fix="Cast the values to the types of the columns, or write conditions such as "
                '("net_amount_365d", ">", 6), whose values are converted.',
            ) from fault

    def _require(self, names: Sequence[str]) -> None:
        absent = [name for name in names if name not in self.columns]
        if absent:
            raise DataError(
                f"{self.name} has no column {', '.join(absent)}.", fix=f"Choose from: {', '.join(self.columns)}."
            )
