"""Rows of prices, stock, offers, contacts, consents, surveys, labels: what becomes of each, and the rules that broken ones break."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from footfall.mapping.source import Feed
from footfall.mapping.targets import TARGETS
from footfall.refine.fills import ShopDefaults, row_contract
from footfall.refine.mapped import map_rows
from footfall.steps import sorting

TAKEN = datetime(2024, 5, 10, 12, tzinfo=UTC)
ARRIVAL = "_source string, _file string, _position long, _known_at timestamp, _corrupt string"
MORNING = "2024-05-09 08:00:00"
# Table -> columns, and rows of text with the rules that each of them breaks.
CASES: dict[str, tuple[str, list[tuple[str, list[str]]]]] = {
    "prices": (
        "item_id price_list price list_price",
        [("A web 9.99 12.50", []), ("A web -1 12", ["price_not_negative"]), ("A - 5 5", ["price_list_required"])],
    ),
    "item_costs": ("item_id cost", [("A 4.10", []), ("A x", ["cost_required", "cost_unreadable"])]),
    "stock_levels": (
        "item_id location_id event_time on_hand",
        [(f"A store-1 {MORNING} 3.5", []), (f"A store-1 {MORNING} -3", ["on_hand_not_negative"])],
    ),
    "competitor_prices": (
        "item_id competitor event_time price",
        [(f"A Corner {MORNING} 9.50", []), ("A Corner 2077-01-01 9.50", ["event_time_plausible"])],
    ),
    "offer_catalogue": (
        "offer_id offer_type percent_off amount_off start_date end_date",
        [
            ("O1 percent_off 10 - 2024-05-01 2024-05-31", []),
            ("O2 free_shipping - - 2024-05-01 -", []),
            ("O3 percent_off 10 - 2024-04-01 2024-05-09", []),  # the day before it came: not yet over everywhere on earth
            ("O4 percent_off 10 - 2024-04-01 2024-05-08", ["not_expired_when_it_came"]),
            ("O5 percent_off 110 - 2024-05-01 2024-05-31", ["percent_off_above_0_to_100"]),
            ("O6 percent_off - - 2024-05-01 2024-05-31", ["says_how_much"]),
            ("O7 amount_off - 5 2024-06-01 2024-05-31", ["ends_after_start"]),
            ("O8 half_price 50 - 2024-05-01 2024-05-31", ["offer_type_known"]),
        ],
    ),
    "offer_decisions": (
        "decision_id event_time offer_id is_random propensity",
        [
            (f"D1 {MORNING} O1 true 0.25", []),
            (f"D2 {MORNING} - true 0.3", []),  # chance chose nothing
            (f"D3 {MORNING} O1 false -", []),
            (f"D4 {MORNING} O1 true -", ["chance_has_propensity"]),
            (f"D5 {MORNING} O1 - 1.5", ["propensity_above_0_to_1"]),
            (f"- {MORNING} O1 - -", ["decision_id_required"]),
        ],
    ),
    "impressions": (
        "impression_id event_time decision_id item_id offer_id position propensity",
        [
            (f"I1 {MORNING} D1 A - 1 0.25", []),
            (f"I2 {MORNING} D1 - - 1 0.25", ["shows_something"]),
            (f"I3 {MORNING} - A - 1 0.25", ["decision_id_required"]),
            (f"I4 {MORNING} D1 A - 0 0", ["position_from_1", "propensity_above_0_to_1"]),
        ],
    ),
    "contacts": (
        "contact_id event_time decision_id contact_channel propensity",
        [(f"C1 {MORNING} - email -", []), (f"C2 {MORNING} - pigeon 1.5", ["contact_channel_known", "propensity_above_0_to_1"])],
    ),
    "consents": (
        "purpose event_time is_given",
        [
            (f"marketing {MORNING} true", []),
            (f"text {MORNING} no", []),
            (f"everything {MORNING} true", ["purpose_known"]),
            (f"marketing {MORNING} perhaps", ["is_given_required", "is_given_unreadable"]),
        ],
    ),
    "surveys": (
        "answer_id event_time score text",
        [
            (f"S1 {MORNING} 10 -", []),
            (f"S2 {MORNING} - fine", []),
            (f"S3 {MORNING} - -", ["says_something"]),
            (f"S4 {MORNING} 11 fine", ["score_0_to_10"]),
        ],
    ),
    "labelled_rows": (
        "row_id origin f0 F1 treatment device label_kind label label_class",
        [
            ("1 public 0.5 -3e-2 1 phone binary 1 -", []),
            ("2 public 7 - 0 - number 12.25 -", []),
            ("3 public - - - tablet class - rock", []),
            ("4 public much 1 0 - binary 1 -", ["f0_unreadable"]),
            ("5 public NaN 1 0 - binary 1 -", ["features_not_finite"]),
            ("6 public 1 1 0 - binary 2 -", ["binary_is_0_or_1"]),
            ("7 public 1 1 0 - class 1 rock", ["has_its_label"]),
            ("8 public 1 1 0 - rank 1 -", ["label_kind_known"]),
            ("9 public - - - - binary 0 -", ["has_features"]),
        ],
    ),
}  # fmt: skip
LETS_PASS: dict[str, dict[str, Any]] = {"labelled_rows": {"features": ["f0", "F1", "treatment"], "keep": ["device"]}}


def _checked(spark: SparkSession, target: str) -> DataFrame:
    table, (names, rows) = TARGETS[target], CASES[target]
    columns = names.split()
    mapping = {"columns": {c: c for c in columns if c in table.column_names}, **LETS_PASS.get(target, {})}
    if "actor_id" in table.column_names:
        mapping["actor"] = {"kind": "customer", "identifier": "'7'"}
    feed = Feed.model_validate({"files": "x.csv", "format": "csv", "into": {target: mapping}})
    raw = [("shop", "x.csv", n, TAKEN, None, *_values(text, columns)) for n, (text, _) in enumerate(rows)]
    mapped = map_rows(
        spark.createDataFrame(raw, f"{ARRIVAL}, {', '.join(f'{c} string' for c in columns)}"),
        feed=feed,
        feed_name="shop_x",
        table=table,
        shop=ShopDefaults("Europe/London", "GBP"),
        vault=spark.createDataFrame([("customer", "7", "p7")], "kind string, identifier string, actor_id string"),
        text_ids=lambda text: text,
    )
    contract = row_contract(feed, table)
    faults = F.when(sorting.is_broken(), sorting.reasons(contract)).otherwise(F.array())
    return sorting.check_rules(mapped, contract).withColumn("_faults", faults).orderBy("_position")


def _values(text: str, columns: list[str]) -> list[str | None]:
    """Words as values, `-` as none; a day and a time of day are one value."""
    words = text.replace(" 08:00:00", "T08:00:00").split()
    assert len(words) == len(columns)
    return [None if word == "-" else word.replace("T08", " 08") for word in words]


@pytest.mark.parametrize("target", CASES)
def test_each_row_goes_where_its_rules_say(spark: SparkSession, target: str) -> None:
    rows = _checked(spark, target).select("_faults").collect()
    assert [list(row["_faults"]) for row in rows] == [faults for _, faults in CASES[target][1]]


def test_a_survey_without_a_text_has_no_text_id(spark: SparkSession) -> None:
    rows = _checked(spark, "surveys").where(sorting.SOUND).select("answer_id", "text_id", "score").collect()
    assert [tuple(row) for row in rows] == [("S1", None, 10), ("S2", "fine", None)]


def test_a_labelled_row_has_its_numbers_by_name_and_other_words_in_properties(spark: SparkSession) -> None:
    rows = _checked(spark, "labelled_rows").where(sorting.SOUND)
    columns = ("row_id", "origin", "label_kind", "label", "label_class", "features", "properties")
    assert [tuple(row) for row in rows.select(*columns).collect()] == [
        ("1", "public", "binary", 1.0, None, {"f0": 0.5, "F1": -0.03, "treatment": 1.0}, {"device": "phone"}),
        ("2", "public", "number", 12.25, None, {"f0": 7.0, "treatment": 0.0}, None),
        ("3", "public", "class", None, "rock", {}, {"device": "tablet"}),
    ]
