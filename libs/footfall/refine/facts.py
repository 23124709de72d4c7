"""Raw rows of all feeds that fill a table, as the rows that a step of refine hands to the runner. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial, reduce
from typing import cast

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from footfall.contract import Table
from footfall.mapping.targets import keeps_history
from footfall.refine.bare_numbers import require_times
from footfall.refine.feeds import RawFeed, has_versions, ranged_key
from footfall.refine.fills import ShopDefaults, row_contract, with_generated
from footfall.refine.keys import matching_of
from footfall.refine.mapped import map_rows
from footfall.refine.own_rules import own_warnings
from footfall.refine.replayed import ReplayedRows, of_batch, places_read, with_replayed
from footfall.refine.waiting import waiting_for_rates, waiting_places
from footfall.steps.consent import NO_CONSENT, skip_withdrawn
from footfall.steps.deliveries import with_new
from footfall.steps.history import TAKEN_BY
from footfall.steps.line_keys import ARRIVED, arrived
from footfall.steps.sorting import AGAIN, IN_BATCH, RAW_ROW, UNREADABLE, check_rules, conflicting, quarantined
from footfall.steps.step import FactRows, Output
from footfall.tables.raw import WAITED_FOR


def fact_rows(
    feeds: Sequence[RawFeed],
    raw: Mapping[str, DataFrame],
    table: Table,
    *,
    shop: ShopDefaults,
    vault: DataFrame | None,
    text_ids: Callable[[Column], Column],
    rates: DataFrame | None = None,
    waiting: Table | None = None,
    replayed: ReplayedRows | None = None,
    withdrawn: DataFrame | None = None,
    guard: bool = False,
) -> tuple[FactRows, Output | None]:
    """The feeds' raw rows (by the feed's name, with their arrival) mapped and checked; others as in `map_rows`.

    A feed that waits for its first files has no raw rows yet. `waiting` is the table of the rows that wait for rows of other
    feeds: where there is one, all that wait from now on are its rows, the second output. `replayed` says that raw rows among these
    were in quarantine. Rows of whom `withdrawn` names, as `steps.consent.nobody_left` gives it, are skipped.
    """
    rows, aside, conflicts, elements = list[DataFrame](), list[DataFrame](), list[DataFrame](), dict[str, DataFrame]()
    feeds = [f.reading(raw[f.name]) if f.name in raw else f for f in feeds]
    places = list[DataFrame]()
    matching = matching_of({f.name: f.feed for f in feeds}, table)
    for f in [f for f in feeds if f.name in raw]:
        mapped = map_rows(
            raw[f.name],
            feed=f.feed,
            feed_name=f.name,
            table=table,
            shop=shop,
            vault=vault,
            text_ids=text_ids,
            guard=guard,
            rates=rates,
        )
        require_times(raw[f.name], f.feed, table)
        mapped = skip_withdrawn(mapped, withdrawn) if withdrawn is not None else mapped
        contract = row_contract(f.feed, table)
        checked = with_new(check_rules(mapped, contract))
        if matching.latest and ARRIVED in table.column_names:
            is_again = F.col(WAITED_FOR).isNotNull() if WAITED_FOR in checked.columns else F.lit(False)
            checked = checked.withColumns({ARRIVED: arrived(), AGAIN: is_again})
        if WAITED_FOR in checked.columns:
            checked = with_replayed(checked, table, replayed.now) if replayed else checked
            if waiting:
                checked = waiting_for_rates(checked, contract)
                places.append(
                    waiting_places(of_batch(checked), contract, currency=shop.currency, looks_up=bool(f.looks_up))
                )
            checked = checked.drop(WAITED_FOR, *(() if keeps_history(table) else (TAKEN_BY,)))
        generated = with_generated(checked, feed=f.feed, table=table).drop(RAW_ROW, UNREADABLE)
        # rows that have keys by themselves are deliveries each
        rows.append(generated if matching.counts else of_batch(generated).drop(IN_BATCH))
        own, of_elements = of_batch(checked), bool(f.feed.into[table.name].each)
        elements |= {f.name: own} if of_elements else {}
        aside.append(quarantined(own, contract, of_elements=of_elements))
        conflicts += [conflicting(own, table, of_elements=of_elements)] if f.name in matching.aside else []
    again = partial(
        fact_rows, feeds, raw, table, shop=shop, vault=vault, text_ids=text_ids, rates=rates, waiting=waiting,
        replayed=replayed, withdrawn=withdrawn,
    )  # fmt: skip
    facts = FactRows(
        table,
        reduce(DataFrame.unionByName, rows),
        {f.name: (*f.reasons(table), *((NO_CONSENT,) if withdrawn is not None else ())) for f in feeds},
        reduce(DataFrame.unionByName, aside),
        matching=matching,
        conflicts=reduce(DataFrame.unionByName, conflicts) if conflicts else None,
        without_known=[] if replayed else [f.name for f in feeds if f.feed.known is None],
        ranged_key=ranged_key(feeds, table),
        versions=has_versions(feeds, table),
        reads={f.name: f.reads for f in feeds},
        of_documents={f.name: each for f in feeds if (each := f.feed.into[table.name].each)},
        warned={f.name: own_warnings(f.feed.into[table.name]) for f in feeds},
        replayed=places_read(replayed.places, elements) if replayed else None,
        guarded=None if guard else lambda: again(guard=True)[0],
    )
    if not (waiting and places):
        return facts, None
    of_places = reduce(DataFrame.unionByName, places)
    return facts, Output(waiting, of_places, guarded=None if guard else lambda: cast("Output", again(guard=True)[1]))
