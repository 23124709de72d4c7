"""Numbers of what one person did are quasi-identifiers: in no statistics, and no column that a table is clustered by."""

from __future__ import annotations

import re

import pytest

from footfall import tables
from footfall.contract import Layer, Personal, Table
from footfall.contract.ddl import ddl

NUMBERS = {"order_id", "refund_id", "review_id", "ticket_id", "redemption_id", "event_id", "document_id"}
PERSONAL = [t for t in tables.ALL if t.layer in {Layer.REFINED, Layer.RESULTS}]


def test_every_number_of_what_one_person_did_is_a_quasi_identifier() -> None:
    declared = {(t.name, c.name): c.personal for t in PERSONAL for c in t.columns if c.name in NUMBERS}
    assert {("order_lines", "order_id"), ("reviews", "review_id"), ("tickets", "ticket_id")} <= declared.keys()
    assert {place for place, personal in declared.items() if personal is not Personal.QUASI} == set()


@pytest.mark.parametrize("table", PERSONAL, ids=lambda table: table.name)
def test_no_personal_column_has_statistics_or_is_clustered_by(table: Table) -> None:
    (listed,) = re.findall(r"'delta.dataSkippingStatsColumns' = '([^']*)'", ddl(table, "t"))
    personal = {c.name for c in table.columns if c.personal is not Personal.NONE}
    assert personal.isdisjoint(listed.split(","))
    assert personal.isdisjoint(table.cluster_by)
    assert set(table.cluster_by) <= set(listed.split(","))
