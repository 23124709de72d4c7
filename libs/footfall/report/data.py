"""What the page shows, as small pandas frames and plain values; each frame is the result of the .sql of its name. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import pandas as pd

LEAST_PEOPLE = 5  # a figure about fewer people could be about one of them
Evaluation = Mapping[str, Any]


@dataclass(frozen=True)
class ReportShop:
    """The shop and its days and money."""

    name: str
    time_zone: str
    currency: str


@dataclass(frozen=True)
class TableVersion:
    """A table as the page read it."""

    name: str
    version: int
    batch_id: int
    rows: int


@dataclass(frozen=True)
class ReportData:
    """All that the page shows.

    `evaluations` are what the runs of the models kept, by model, for those that have a version in the tables; `no_model_reasons`
    say, by model, why none serves.
    """

    shop: ReportShop
    as_of: date
    created_at: datetime
    horizon_days: int
    headline: pd.DataFrame
    segment_sizes: pd.DataFrame
    value_classes: pd.DataFrame
    churn_serving: pd.DataFrame
    churn_bands: pd.DataFrame
    churn_reasons: pd.DataFrame
    sentiment_by_month: pd.DataFrame
    sentiment_by_department: pd.DataFrame
    example_reviews: pd.DataFrame
    aspects: pd.DataFrame
    example_clauses: pd.DataFrame
    topics: pd.DataFrame
    intents: pd.DataFrame
    portraits: pd.DataFrame
    row_counts: pd.DataFrame
    excluded_rows: pd.DataFrame
    model_versions: pd.DataFrame
    identifier_counts: pd.DataFrame
    evaluations: Mapping[str, Evaluation] = field(default_factory=dict)
    no_model_reasons: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    tables: Sequence[TableVersion] = ()
    code_version: str = ""
    batch_id: int = 0

    @property
    def people(self) -> int:
        """People who ordered or did anything before the day."""
        return int(self.headline["user_count"].iloc[0])

    @property
    def review_count(self) -> int:
        """Reviews read."""
        return int(self.sentiment_by_month["review_count"].sum())

    @property
    def positive_share(self) -> float:
        """Share of positive reviews among those read; NaN without reviews."""
        if not self.review_count:
            return float("nan")
        return float(self.sentiment_by_month["positive_count"].sum() / self.review_count)

    @property
    def balances(self) -> bool:
        """Whether every row read is valid, quarantined, duplicate, in conflict, skipped or waiting, in every line."""
        kinds = ["rows_valid", "rows_quarantined", "rows_duplicate", "rows_conflict", "rows_skipped", "rows_waiting"]
        return bool((self.row_counts["rows_read"] == self.row_counts[kinds].sum(axis="columns")).all())
