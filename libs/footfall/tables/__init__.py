"""Every table of footfall in the order in which data flows; read this first. Declarations only."""

from footfall.contract import Table
from footfall.tables.books import BATCHES, FILES, HISTORY, LEDGER, QUALITY
from footfall.tables.features import DAILY_ACTIVITY, ITEM_FEATURES, ITEM_OPINIONS, USER_FEATURES, USER_OPINIONS
from footfall.tables.labelled_rows import LABELLED_ROWS
from footfall.tables.offers import (
    CONSENTS,
    CONTACTS,
    IMPRESSIONS,
    OFFER_CATALOGUE,
    OFFER_DECISIONS,
    PERMISSIONS,
    SURVEYS,
)
from footfall.tables.orders import COUPON_REDEMPTIONS, FX_RATES, ORDER_LINES, REFUND_LINES
from footfall.tables.people import SEGMENT_CATALOGUE, SEGMENTS, USER_PROFILES, USER_SCORES
from footfall.tables.raw import QUARANTINE, feed_table
from footfall.tables.refined import (
    CAMPAIGNS,
    EVENTS,
    IDENTITIES,
    IDENTITY_LINKS,
    ITEMS,
    LABELLED_CLAUSES,
    LABELLED_TEXTS,
    PSEUDONYMS,
    REVIEWS,
    USERS,
)
from footfall.tables.sessions import SESSIONS
from footfall.tables.stock import COMPETITOR_PRICES, ITEM_COSTS, PRICES, STOCK_LEVELS
from footfall.tables.texts import CLAUSE_VECTORS, TEXT_ASPECTS, TEXT_INSIGHTS, TEXT_TOPICS, TEXT_VECTORS
from footfall.tables.tickets import LABELLED_TICKETS, TICKETS

REFINED = (
    PSEUDONYMS,
    IDENTITY_LINKS,
    IDENTITIES,
    ITEMS,
    USERS,
    CAMPAIGNS,
    FX_RATES,
    EVENTS,
    SESSIONS,
    ORDER_LINES,
    REFUND_LINES,
    COUPON_REDEMPTIONS,
    REVIEWS,
    LABELLED_TEXTS,
    LABELLED_CLAUSES,
    TICKETS,
    LABELLED_TICKETS,
    LABELLED_ROWS,
    PRICES,
    ITEM_COSTS,
    STOCK_LEVELS,
    COMPETITOR_PRICES,
    OFFER_CATALOGUE,
    OFFER_DECISIONS,
    IMPRESSIONS,
    CONTACTS,
    CONSENTS,
    PERMISSIONS,
    SURVEYS,
)
RESULTS = (
    DAILY_ACTIVITY,
    USER_FEATURES,
    ITEM_FEATURES,
    TEXT_VECTORS,
    CLAUSE_VECTORS,
    TEXT_INSIGHTS,
    TEXT_ASPECTS,
    TEXT_TOPICS,
    USER_OPINIONS,
    ITEM_OPINIONS,
    SEGMENTS,
    SEGMENT_CATALOGUE,
    USER_SCORES,
    USER_PROFILES,
)
BOOKS = (BATCHES, HISTORY, FILES, LEDGER, QUALITY)
ALL: tuple[Table, ...] = (QUARANTINE, *REFINED, *RESULTS, *BOOKS)
BY_NAME = {table.full_name: table for table in ALL}

__all__ = [
    "ALL",
    "BATCHES",
    "BOOKS",
    "BY_NAME",
    "CAMPAIGNS",
    "CLAUSE_VECTORS",
    "COMPETITOR_PRICES",
    "CONSENTS",
    "CONTACTS",
    "COUPON_REDEMPTIONS",
    "DAILY_ACTIVITY",
    "EVENTS",
    "FILES",
    "FX_RATES",
    "HISTORY",
    "IDENTITIES",
    "IDENTITY_LINKS",
    "IMPRESSIONS",
    "ITEMS",
    "ITEM_COSTS",
    "ITEM_FEATURES",
    "ITEM_OPINIONS",
    "LABELLED_CLAUSES",
    "LABELLED_ROWS",
    "LABELLED_TEXTS",
    "LABELLED_TICKETS",
    "LEDGER",
    "OFFER_CATALOGUE",
    "OFFER_DECISIONS",
    "ORDER_LINES",
    "PERMISSIONS",
    "PRICES",
    "PSEUDONYMS",
    "QUALITY",
    "QUARANTINE",
    "REFINED",
    "REFUND_LINES",
    "RESULTS",
    "REVIEWS",
    "SEGMENTS",
    "SEGMENT_CATALOGUE",
    "SESSIONS",
    "STOCK_LEVELS",
    "SURVEYS",
    "TEXT_ASPECTS",
    "TEXT_INSIGHTS",
    "TEXT_TOPICS",
    "TEXT_VECTORS",
    "TICKETS",
    "USERS",
    "USER_FEATURES",
    "USER_OPINIONS",
    "USER_PROFILES",
    "USER_SCORES",
    "feed_table",
]
