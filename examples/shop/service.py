"""The messages to the shop's service and those to train on: our own writing, invented links; pure functions over one file.

Every draw is a hash of a name and a number, so that it is the same on every machine and version.
"""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
from opinions import Row, draw

OWN_MESSAGES = Path(__file__).resolve().parent / "tickets.json"
CHANNELS = ("web", "app", "mini_program")
NAMES_ORDER = ("where_is_my_parcel", "refund", "exchange", "defect", "invoice", "complaint")
NAMES_ITEM = ("refund", "exchange", "defect")
# A message comes between 30 hours (always on another day) and 8 days after the purchase.
SOONEST, SPREAD = timedelta(hours=30), timedelta(days=6, hours=18)
SENT = 2  # times that each message is sent: customers write alike, and the encoder reads a text once


class Message(NamedTuple):
    """A message, the intent of its writer (`unclear` where a reader cannot say it) and its language."""

    text: str
    intent: str
    language: str


def own_messages(part: str, limit: int | None = None) -> list[Message]:
    """Our own messages of one part, `shop` or `labelled`; at most `limit` of each intent and language."""
    rows = json.loads(OWN_MESSAGES.read_text("utf-8"))[part]
    return [
        Message(text, intent, language)
        for intent, languages in rows.items()
        for language, texts in languages.items()
        for text in texts[:limit]
    ]


def tickets(messages: list[Message], lines: pa.Table) -> list[Row]:
    """Each message on two purchases, drawn without replacement: household, order, item, time and channel are invented.

    The shop does not know what its customers want, so the intent is not in its log.
    """
    drawn = sorted(range(lines.num_rows), key=lambda line: draw("ticket", line))[: SENT * len(messages)]
    bought = lines.take(pa.array(drawn)).to_pylist()
    rows = []
    for number, (message, line) in enumerate(zip(messages * SENT, bought, strict=True)):
        wait = SOONEST + SPREAD * draw("ticket wait", number)
        rows.append(
            {
                "received_at": (line["transaction_timestamp"] + wait).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "household": line["household_id"],
                "basket": line["basket_id"] if message.intent in NAMES_ORDER else None,
                "product": line["product_id"] if message.intent in NAMES_ITEM else None,
                "channel": CHANNELS[int(draw("ticket channel", number) * len(CHANNELS))],
                "language": message.language,
                "message": message.text,
            }
        )
    rows.sort(key=lambda row: (row["received_at"], row["household"], row["message"]))
    return [{"ticket_no": f"TK-{number:06d}", **row} for number, row in enumerate(rows, start=1)]


def labelled_tickets(messages: list[Message]) -> list[Row]:
    """The log of that name: messages with their intents."""
    return [{**message._asdict(), "origin": "footfall's own"} for message in messages]
