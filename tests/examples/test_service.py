"""Messages of the example shop's customers: their senders and orders, and none to train on among them."""

from datetime import UTC, datetime

import opinions
import pyarrow as pa
import service
from service import Message

from footfall.tables.tickets import INTENTS, UNCLEAR

BOUGHT = datetime(2017, 3, 1, 15, tzinfo=UTC)


def lines(count: int) -> pa.Table:
    return pa.table(
        {
            "household_id": [f"HH-{n}" for n in range(count)],
            "basket_id": list(range(100, 100 + count)),
            "product_id": list(range(200, 200 + count)),
            "transaction_timestamp": pa.array([BOUGHT] * count, pa.timestamp("us", "UTC")),
        }
    )


def test_every_message_is_sent_by_two_households_and_names_order_and_item_only_where_its_intent_does():
    rows = service.tickets([Message("It leaks.", "defect", "en"), Message("改手机号", "account", "zh")], lines(9))
    assert [row["ticket_no"] for row in rows] == ["TK-000001", "TK-000002", "TK-000003", "TK-000004"]
    assert len({row["household"] for row in rows}) == 4
    assert sorted(row["message"] for row in rows) == ["It leaks.", "It leaks.", "改手机号", "改手机号"]
    for row in rows:
        number = int(row["household"].removeprefix("HH-"))
        named = (100 + number, 200 + number) if row["message"] == "It leaks." else (None, None)
        assert (row["basket"], row["product"]) == named
        assert "2017-03-02T21:00:00Z" <= row["received_at"] < "2017-03-09T15:00:00Z"
        assert "intent" not in row


def test_both_parts_have_every_intent_in_both_languages_and_no_message_in_common():
    shop, labelled = (service.own_messages(part) for part in ("shop", "labelled"))
    wanted = {(intent, language) for intent in (*INTENTS, UNCLEAR) for language in ("zh", "en")}
    assert {(m.intent, m.language) for m in labelled} == {(m.intent, m.language) for m in shop} == wanted
    bare = [opinions.bare(m.text) for m in [*shop, *labelled]]
    assert len(set(bare)) == len(bare)


def test_a_small_shop_has_few_messages_of_each_intent_and_language():
    assert len(service.own_messages("labelled", 2)) == 2 * 2 * (len(INTENTS) + 1)
