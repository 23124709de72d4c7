"""Columns that several tables share, and makers of the commonest kinds. Declarations only."""

from footfall.contract import Column, Personal, Rule

MONEY = "decimal(18,4)"
QUANTITY = "decimal(18,3)"
SHARES = "map<string,double>"
FLOAT_TOLERANCE = 1e-9

ACTOR = Column(
    "actor_id", "string", "pseudonym of the identifier on the row", personal=Personal.IDENTIFIER, required=True
)
CLOCKS = (
    Column("event_time", "timestamp", "when it happened, UTC", required=True),
    Column("event_date", "date", "the shop's day of event_time", required=True),
    Column("known_at", "timestamp", "when footfall had it, UTC", required=True),
)
ARRIVED = Column(
    "arrived",
    "string",
    "by when it was taken, its file and its place in it, as text: where the row stands among those that came; only where what "
    "came last replaces what came before",
    personal=Personal.QUASI,
)
LABELLED = (  # a text with a label given from outside
    Column("text_id", "string", "keyed hash of the normalised text"),
    CLOCKS[-1],
    Column("text", "string", "as written", personal=Personal.FREE_TEXT, required=True),
    Column("language", "string", "ISO 639-1 code"),
)
TEXT_NOT_BLANK = Rule("text_not_blank", "length(trim(text)) > 0")
AS_OF = Column("as_of_date", "date", "the shop's day before whose start everything used was done and known")
USER = Column("user_id", "string", "the person, a pseudonym", personal=Personal.IDENTIFIER)


def hashed_id(name: str) -> Column:
    """An id that footfall makes where the source has none."""
    meaning = "the source's own id, or a hash of source, row and ordinal"
    return Column(name, "string", meaning, personal=Personal.QUASI)


def count(name: str, meaning: str) -> Column:
    """How many; never NULL."""
    return Column(name, "bigint", meaning, unit="count", required=True)


def money(name: str, meaning: str) -> Column:
    """An exact amount; never NULL."""
    return Column(name, MONEY, meaning, unit="shop currency", required=True)


def mean(name: str, meaning: str, *, unit: str) -> Column:
    """A quotient in double precision, NULL where there is nothing to divide by."""
    return Column(name, "double", meaning, unit=unit, tolerance=FLOAT_TOLERANCE)


def ratio(name: str, meaning: str) -> Column:
    """One sum over another; it may exceed 1."""
    return mean(name, meaning, unit="ratio")


def share(name: str, meaning: str) -> Column:
    """A part of a whole."""
    return mean(name, meaning, unit="0 to 1")


def days(name: str, meaning: str) -> Column:
    """A length of time in days, whole or not."""
    return mean(name, meaning, unit="days")


def probability(name: str, meaning: str, *, required: bool = True) -> Column:
    """A probability by a model over text vectors; it moves in its last bits with the vectors."""
    return Column(name, "double", meaning, unit="0 to 1", required=required, tolerance=2e-2)
