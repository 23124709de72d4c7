"""What people and items are told by as of a date, from what was read in reviews and tickets."""

from datetime import date, timedelta
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from features.opinion_rows import ASPECTS, INSIGHTS, document, frame, opinion
from features.shop_rows import CUT, ZONE, D, happened, person, rows, values_of
from footfall.contract.frames import conform
from footfall.features.opinions import item_opinions, user_opinions
from footfall.tables import IDENTITIES
from footfall.tables.features import ITEM_OPINIONS, USER_OPINIONS

Rows = list[dict[str, Any]]
PEOPLE = (person("ann"), person("ann-app", "ann"), person("bob"), person("cat"))


def of_users(spark: SparkSession, insights: Rows, aspects: Rows, *, dates: tuple[date, ...] = (D,)) -> DataFrame:
    return conform(user_opinions(**_frames(spark, insights, aspects), dates=dates, time_zone=ZONE), USER_OPINIONS)


def of_items(spark: SparkSession, insights: Rows, aspects: Rows, *, dates: tuple[date, ...] = (D,)) -> DataFrame:
    return conform(item_opinions(**_frames(spark, insights, aspects), dates=dates, time_zone=ZONE), ITEM_OPINIONS)


def _frames(spark: SparkSession, insights: Rows, aspects: Rows) -> dict[str, DataFrame]:
    return {
        "text_insights": frame(spark, INSIGHTS, *insights),
        "text_aspects": frame(spark, ASPECTS, *aspects),
        "identities": rows(spark, IDENTITIES, *PEOPLE),
    }


def test_a_person_has_a_sentiment_complaints_and_aspects_they_care_about(spark: SparkSession) -> None:
    insights = [
        document("r1", "ann", happened(365)),
        document("r2", "ann-app", happened(1), sentiment="positive"),  # the same person by another identifier
        document("t1", "ann", happened(10), document_kind="ticket", sentiment="neutral", intent="complaint"),
        document("t2", "ann", happened(10), document_kind="ticket", sentiment="neutral", intent="where_is_my_parcel"),
        document("old", "ann", happened(366)),
        document("r3", "bob", happened(2), sentiment="positive"),
    ]
    aspects = [
        opinion("r1", "ann", happened(365), "delivery"),
        opinion("r1", "ann", happened(365), "delivery", clause_number=2),  # one mention a document
        opinion("r2", "ann-app", happened(1), "delivery"),
        opinion("t1", "ann", happened(10), "price", document_kind="ticket"),
        opinion("r3", "bob", happened(2), "price"),
        opinion("r3", "bob", happened(2), "taste"),
    ]
    assert values_of(of_users(spark, insights, aspects), *USER_OPINIONS.column_names) == [
        (D, "ann", 4, (-0.5 + 0.5 + 0 + 0) / 4, 0.5, 365.0, ["delivery"]),
        (D, "bob", 1, 0.5, 0.0, None, []),  # of one document only
    ]


def test_the_aspects_farthest_beyond_what_others_mention_come_first_and_three_at_most(spark: SparkSession) -> None:
    spoken = {"look": 2, "price": 3, "taste": 4, "fit": 2, "delivery": 1}
    names = [(f"{aspect}{n}", aspect) for aspect, times in spoken.items() for n in range(times)]
    insights = [document("r", "bob", happened(1)), document("q", "ann", happened(1))]
    usual = [opinion(f"b{n}", "bob", happened(1), "price") for n in range(12)]
    aspects = [*usual, *(opinion(name, "ann", happened(1), aspect) for name, aspect in names)]
    cared = dict(values_of(of_users(spark, insights, aspects), "user_id", "aspects_cared_about"))
    assert cared == {"ann": ["taste", "fit", "look"], "bob": ["price"]}


def test_an_item_has_praised_and_blamed_aspects_and_how_they_change(spark: SparkSession) -> None:
    insights = [
        document("r1", "ann", happened(1)),
        document("r2", "bob", happened(28), sentiment="positive"),
        document("r3", "cat", happened(29), sentiment="positive"),
        document("r4", "cat", happened(140), sentiment="neutral"),
        document("r5", "cat", happened(141)),
        document("r6", "cat", happened(1), item_id="cup"),
        document("r7", "cat", happened(1), item_id=None),
    ]
    aspects = [
        opinion("r1", "ann", happened(1), "delivery"),
        opinion("r1", "ann", happened(1), "delivery", clause_number=2),
        opinion("r2", "bob", happened(28), "delivery", sentiment="positive"),
        opinion("r2", "bob", happened(28), "delivery", clause_number=2),  # praises and blames
        opinion("r2", "bob", happened(28), "look", clause_number=3, sentiment="positive"),
        opinion("r3", "cat", happened(29), "look", sentiment="positive"),
        opinion("r4", "cat", happened(140), "look", sentiment="neutral"),
    ]
    assert values_of(of_items(spark, insights, aspects), *ITEM_OPINIONS.column_names) == [
        (D, "cup", 1, 0, [], [], 1.0, None, None),
        (
            D, "kettle", 5, 5, [("look", 2, 2 / 3), ("delivery", 1, 0.5)], [("delivery", 2, 1.0)],
            0.5, 0.0, ((1 + 1) / (2 + 2)) / ((0 + 1) / (2 + 2)),
        ),
    ]  # fmt: skip


def test_what_was_known_or_happened_later_changes_no_earlier_opinion(spark: SparkSession) -> None:
    before, after = happened(3), (happened(0), happened(1, known=CUT), happened(200, known=CUT + timedelta(days=5)))
    insights, aspects = [document("r", "ann", before)], [opinion("r", "ann", before, "price")]
    more = [document(f"n{i}", "ann", clocks, sentiment="positive") for i, clocks in enumerate(after)]
    spoken = [opinion(f"n{i}", "ann", clocks, "look") for i, clocks in enumerate(after)]
    for of, table in ((of_users, USER_OPINIONS), (of_items, ITEM_OPINIONS)):
        with_them = values_of(of(spark, insights + more, aspects + spoken), *table.column_names)
        assert with_them == values_of(of(spark, insights, aspects), *table.column_names)
    later = values_of(
        of_users(spark, insights + more, aspects, dates=(D, D + timedelta(days=30))), "document_count_365d"
    )
    assert later == [(1,), (4,)]


def test_where_no_model_read_the_sentiment_shares_of_it_are_null_not_zero(spark: SparkSession) -> None:
    unread = {"sentiment": None}
    insights = [document("r1", "ann", happened(1), **unread), document("r2", "ann", happened(30), **unread)]
    users = values_of(of_users(spark, insights, []), "document_count_365d", "sentiment_365d", "complaint_share_365d")
    assert users == [(2, None, None)]
    items = values_of(of_items(spark, insights, []), "negative_share_28d", "negative_share_before", "negative_rise")
    assert items == [(None, None, None)]
    complaint = document("t1", "ann", happened(2), document_kind="ticket", intent="complaint", **unread)
    assert values_of(of_users(spark, [*insights, complaint], []), "complaint_share_365d") == [(1.0,)]


def test_without_texts_nobody_and_nothing_has_an_opinion(spark: SparkSession) -> None:
    assert values_of(of_users(spark, [], []), "user_id") == []
    assert values_of(of_items(spark, [], []), "item_id") == []
