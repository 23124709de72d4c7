"""How good topics are: agreement with known groups, and detection of new complaints in the weeks in which they come up.

    PYTHONPATH=. .venv/bin/python -m benchmarks.text.topics

Reads .cache/models, .cache/packages and examples/shop/tickets.json; prints rows of the quality table.

Known groups are the kind of shop that a sentence is about (`domains.py`) and the intent of messages to a shop's service. A new
complaint is simulated: all short sentences with certain words are kept out of the weeks before, and some are put into the last
four. No held-out sentence of the other benchmarks is used.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from benchmarks.text.domains import domain_of
from benchmarks.text.sentences import chinese_sentences
from benchmarks.text.table import Encode, Row, markdown, share, vectors_of
from sklearn.cluster import HDBSCAN, KMeans
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_mutual_info_score

from footfall.models.common.clusters import SEED, fit, nearest
from footfall.models.common.featureset import Matrix
from footfall.models.common.measures import Labels
from footfall.models.common.ngrams import NGrams
from footfall.models.topics.model import NO_TOPIC, centred
from footfall.models.topics.rising import judge_rises
from footfall.models.topics.training import K_TRIED, fit_topics, most_that_repeat, try_k
from footfall.text.normal import normalise

ROOT = Path(__file__).resolve().parents[2]
TICKETS = ROOT / "examples" / "shop" / "tickets.json"
ROUNDS = 200
DRAWN = 6_000  # sentences, beside those with complaints
GROUPED = 3_000  # of them, on which k is chosen and agreement is measured
RECENT_SHARE = 0.1
TRIALS = 2  # of each complaint and size
QUIET_TRIALS = 10  # without a new complaint
LONGEST = 80  # characters: a longer sentence has many subjects
COMPLAINTS: Mapping[str, tuple[str, ...]] = {
    "noise": ("隔音", "吵"), "heat": ("散热", "发热"), "print": ("印刷", "纸张", "错别字"), "delivery": ("送货", "快递", "物流"),
    "air conditioning": ("空调",), "smell": ("异味", "味道", "臭"), "battery": ("电池",),
}  # fmt: skip


def rows(encode: Encode, *, rounds: int = ROUNDS) -> list[Row]:
    """Figures of the topics and their baselines, each with its 95% bootstrap interval."""
    sentences = [s for s in chinese_sentences() if not s.is_held_out]
    drawn = np.random.default_rng(SEED).permutation(len(sentences))[:DRAWN]
    texts = [normalise(s.text) for s in sentences]
    complaints = {name: _holding(texts, words) for name, words in COMPLAINTS.items()}
    encoded = np.unique(np.concatenate([drawn, *complaints.values()]))
    vectors = _spread(encode([texts[i] for i in encoded]), encoded, len(texts))
    grouped = [i for i in drawn if domain_of(texts[i])][:GROUPED]
    kinds = np.array([str(domain_of(texts[i])) for i in grouped])
    task = "topics: hotel, laptop or book"
    figures = agreement(task, [texts[i] for i in grouped], vectors[grouped], kinds, rounds=rounds)
    if TICKETS.exists():
        figures += ticket_rows(encode, rounds=rounds)
    return [*figures, *new_complaints(vectors, drawn, complaints, rounds=rounds)]


def ticket_rows(encode: Encode, *, rounds: int) -> list[Row]:
    """Agreement with the intents of the example shop's labelled messages, each language by itself."""
    by_intent = json.loads(TICKETS.read_text("utf-8"))["labelled"]
    figures: list[Row] = []
    for language in sorted({language for by_language in by_intent.values() for language in by_language}):
        pairs = [
            (normalise(text), intent)
            for intent, by_language in by_intent.items()
            for text in by_language.get(language, ())
        ]
        texts, intents = [text for text, _ in pairs], np.array([intent for _, intent in pairs])
        task = f"topics: intents of messages, {language}"
        figures += agreement(task, texts, encode(texts).astype(np.float64), intents, rounds=rounds)
    return figures


def agreement(
    task: str, texts: Sequence[str], vectors: Matrix, kinds: npt.NDArray[np.str_], *, rounds: int
) -> list[Row]:
    """Adjusted mutual information with the known groups, for as many topics as these and for as many as repeat."""
    known_count = len(set(kinds))
    unit = centred(vectors, vectors.mean(axis=0))
    chosen = _k_that_repeats(unit)
    figures = []
    for k in sorted({known_count, chosen}):
        name = f"AMI, {k} topics{' (as many as repeat)' if k == chosen else ''}"
        grouped = {
            "random groups": np.random.default_rng(SEED).integers(0, k, len(kinds)),
            "k-means on n-gram TF-IDF": KMeans(k, n_init=3, random_state=SEED).fit_predict(
                NGrams.fit(texts).transform(texts)
            ),
            "ours: k-means on centred vectors": nearest(unit, fit(unit, k)),
            "ours, 5% farthest without topic": _ours(vectors, k),
        }
        figures += [_ami(task, method, name, kinds, groups, rounds) for method, groups in grouped.items()]
    dense = HDBSCAN(min_cluster_size=max(10, len(kinds) // 200), copy=True).fit_predict(
        PCA(min(32, *unit.shape), random_state=SEED).fit_transform(unit)
    )
    figures.append(_ami(task, "HDBSCAN on 32 components", f"AMI, {dense.max() + 1} topics", kinds, dense, rounds))
    return figures


def new_complaints(vectors: Matrix, drawn: Labels, complaints: Mapping[str, Labels], *, rounds: int) -> list[Row]:
    """Share of the trials in which a complaint of 12 or 24 texts is detected, and false alarms; with and without emerging topics."""
    figures = []
    for method, has_emerging in (("counts of k-means topics", False), ("ours: with emerging topics", True)):
        false_alarms = []
        for size in (12, 24):
            trials = [
                _trial(vectors, drawn, rows, size, seed, has_emerging)
                for rows in complaints.values()
                for seed in range(TRIALS)
            ]
            hits = np.array([hit for hit, _ in trials], dtype=float)
            figures.append(_share("new complaints", method, f"detected, of {size} texts", hits, rounds))
            false_alarms += [other > 0 for _, other in trials]
        nothing = np.empty(0, dtype=np.int64)
        quiet = [_trial(vectors, drawn, nothing, 0, seed, has_emerging)[1] > 0 for seed in range(QUIET_TRIALS)]
        for name, alarms in (("dates with another rise", false_alarms), ("dates with a rise, nothing new", quiet)):
            figures.append(_share("new complaints", method, name, np.array(alarms, dtype=float), rounds))
    return figures


def _trial(
    vectors: Matrix, drawn: Labels, complaint: Labels, size: int, seed: int, has_emerging: bool
) -> tuple[bool, int]:
    """Whether a rising topic is mostly the new complaint, and how many rising topics are something else."""
    draws = np.random.default_rng([SEED, seed])
    usual = draws.permutation(np.setdiff1d(drawn, complaint))[:GROUPED]
    sample = np.concatenate([usual, draws.permutation(complaint)[:size]])
    is_new = np.arange(len(sample)) >= len(usual)
    is_recent = is_new | (np.arange(len(sample)) < RECENT_SHARE * len(usual))
    model = fit_topics(vectors[sample], is_recent & has_emerging, k=12, fingerprint="", champion=None)
    places = model.assigned(vectors[sample])[0]
    topics = range(len(model.centres))
    counts = pd.DataFrame(
        {
            "user_count_28d": [int((is_recent & (places == topic)).sum()) for topic in topics],
            "user_count_before": [int((~is_recent & (places == topic)).sum()) for topic in topics],
            "all_user_count_28d": int(is_recent.sum()),
            "all_user_count_before": int((~is_recent).sum()),
        }
    )
    rising = np.flatnonzero(judge_rises(counts, false_alarm_share=0.05, min_users=5)["is_rising"])
    hits = [is_new[is_recent & (places == topic)].mean() > 0.5 for topic in rising]
    return any(hits), int(len(hits) - sum(hits))


def _k_that_repeats(unit: Matrix) -> int:
    trials = [try_k(unit, k, rounds=3) for k in K_TRIED if k <= len(unit) // 10]
    return most_that_repeat(trials, min_stability=0.7).k


def _ours(vectors: Matrix, k: int) -> Labels:
    model = fit_topics(vectors, np.zeros(len(vectors), dtype=bool), k=k, fingerprint="", champion=None)
    places: Labels = model.assigned(vectors)[0]
    return np.where(places == NO_TOPIC, k, places)


def _holding(texts: Sequence[str], words: Sequence[str]) -> Labels:
    return np.array([i for i, t in enumerate(texts) if len(t) < LONGEST and any(word in t for word in words)])


def _spread(vectors: npt.NDArray[np.float32], places: Labels, count: int) -> Matrix:
    """float64[count, dim] with the vectors at `places`; the other rows are zero and never used."""
    spread = np.zeros((count, vectors.shape[1]))
    spread[places] = vectors
    return spread


def _ami(task: str, method: str, name: str, kinds: npt.NDArray[np.str_], groups: Labels, rounds: int) -> Row:
    draws = np.random.default_rng(SEED).integers(0, len(kinds), (rounds, len(kinds)))
    resampled = [adjusted_mutual_info_score(kinds[draw], groups[draw]) for draw in draws]
    low, high = np.quantile(resampled, [0.025, 0.975])
    return Row(
        task, method, name, float(adjusted_mutual_info_score(kinds, groups)), float(low), float(high), len(kinds)
    )


def _share(task: str, method: str, name: str, hits: npt.NDArray[np.float64], rounds: int) -> Row:
    return Row.of(task, method, name, share(hits, rounds=rounds), len(hits))


if __name__ == "__main__":
    print(markdown(rows(vectors_of)))
