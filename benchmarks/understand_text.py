"""Times the text encoder against the usual iterator UDF, all in one run; prints ratios, the CPU's class, exactness.

    python benchmarks/understand_text.py --texts 800 --repeats 3

The usual way: an iterator pandas UDF, one model a task, batches of 64 in arrival order, padded to the longest, fp32.
Both have the model's code imported before the clock starts. Both then load their model in each run: the usual way once a
task, ours because two number types take turns in a process that keeps one. The last ratio takes loading off the usual
way's time only, so it is the least that one can claim; the more texts, the nearer the two ratios are.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from tokenizers import Tokenizer

ROOT = Path(__file__).resolve().parents[1]
LIBS = str(ROOT / "libs")
sys.path[:0] = [LIBS, str(ROOT)]
os.environ.update(PYTHONPATH=LIBS, PYSPARK_PYTHON=sys.executable)  # Python workers inherit both

from benchmarks.text.corpus import MEDIAN_TOKENS, corpus  # noqa: E402 the path is set above

from footfall.text.bridge import WINDOW_ROWS, ask_worker, encode_texts  # noqa: E402
from footfall.text.cpu import cpu_class, cpu_flags  # noqa: E402
from footfall.text.spec import EncoderSpec  # noqa: E402
from footfall.text.windows import cut, longest_first, padded_tokens  # noqa: E402

MODEL = ROOT / ".cache" / "models" / "multilingual-e5-small"
TASKS = 2
USUAL_BATCH = 64
MAX_TOKENS = 128
SPEC = EncoderSpec(
    encoder=str(MODEL),
    prefix="query: ",
    pooling="mean",
    max_tokens=MAX_TOKENS,
    max_parts=1,
    overlap_tokens=0,
    tokens_per_batch=4096,
    number_type="fp32",
    device="cpu",
)


@dataclass
class Timing:
    """What one variant took, a value a round, and the vectors that it made last."""

    seconds: list[float] = field(default_factory=list)
    loading: list[float] = field(default_factory=list)
    vectors: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))


def usual(texts: DataFrame) -> DataFrame:
    """What most tutorials show: text_id, vector, and load_s, the seconds that loading the model took in this task."""
    directory = str(MODEL)

    def encode(batches: Iterator[pd.Series]) -> Iterator[pd.DataFrame]:
        import torch
        from transformers import AutoModel, AutoTokenizer

        torch.set_num_threads(1)
        start = time.perf_counter()
        tokenizer = AutoTokenizer.from_pretrained(directory)
        model = AutoModel.from_pretrained(directory, add_pooling_layer=False).eval()
        load_s = time.perf_counter() - start
        for batch in batches:
            vectors: list[np.ndarray] = []
            for at in range(0, len(batch), USUAL_BATCH):
                read = tokenizer(
                    ["query: " + text for text in batch.iloc[at : at + USUAL_BATCH]],
                    padding=True,
                    truncation=True,
                    max_length=MAX_TOKENS,
                    return_tensors="pt",
                )
                mask = read["attention_mask"].unsqueeze(-1)
                with torch.inference_mode():
                    hidden = model(input_ids=read["input_ids"], attention_mask=read["attention_mask"]).last_hidden_state
                    pooled = (hidden * mask).sum(1) / mask.sum(1)
                vectors.extend(torch.nn.functional.normalize(pooled).numpy())
            yield pd.DataFrame({"vector": vectors, "load_s": load_s})

    # PySpark reads the kind of a UDF from its hints, which must be objects here, not the strings of `annotations`.
    encode.__annotations__ = {"batches": Iterator[pd.Series], "return": Iterator[pd.DataFrame]}
    encode_udf = F.pandas_udf(encode, "vector array<float>, load_s double")
    return texts.select("text_id", encode_udf("text").alias("e")).select("text_id", "e.vector", "e.load_s")


def ours(number_type: str) -> Callable[[DataFrame], DataFrame]:
    """Footfall's bridge in a number type."""
    spec = replace(SPEC, number_type=number_type)
    return lambda texts: encode_texts(texts, encoder=spec)


VARIANTS = {"usual": usual, "ours fp32": ours("fp32"), "ours auto": ours("auto")}


def measure(texts: DataFrame, repeats: int) -> dict[str, Timing]:
    """Every variant in every round, so that whatever else the machine does disturbs all alike."""
    timings = {name: Timing() for name in VARIANTS}
    for variant in VARIANTS.values():
        variant(texts.limit(4).repartition(TASKS)).collect()  # imports, and the JVM's own warm-up
    for number in range(repeats):
        for name, variant in VARIANTS.items():
            _run(variant(texts), timings[name])
            print(f"  round {number + 1}: {name} {timings[name].seconds[-1]:.1f} s", flush=True)
    return timings


def _run(encoded: DataFrame, timing: Timing) -> None:
    start = time.perf_counter()
    rows = encoded.toPandas()
    timing.seconds.append(time.perf_counter() - start)
    timing.loading.append(float(rows["load_s"].max()) if "load_s" in rows else 0.0)
    timing.vectors = np.stack(rows.sort_values("text_id")["vector"].to_list())


def least_cosine(left: np.ndarray, right: np.ndarray) -> float:
    """Of the rows of two matrices, as 1 minus half the squared distance: exact near 1, where a product rounds."""
    unit = [m.astype(np.float64) / np.linalg.norm(m.astype(np.float64), axis=1, keepdims=True) for m in (left, right)]
    return float(1 - ((unit[0] - unit[1]) ** 2).sum(axis=1).max() / 2)


def padding(texts: Sequence[str]) -> dict[str, float]:
    """Tokens computed over tokens read, by the usual way, and by ours if it padded its chunks (it does not)."""
    tokenizer = Tokenizer.from_file(str(MODEL / "tokenizer.json"))
    tokenizer.enable_truncation(MAX_TOKENS)
    halves = np.array_split(
        np.array([len(e.ids) for e in tokenizer.encode_batch_fast(["query: " + t for t in texts])]), TASKS
    )
    batches = [slice(i, i + USUAL_BATCH) for i in range(0, len(halves[0]), USUAL_BATCH)]
    padded = {"usual": 0, "sorted chunks": 0}
    for half in halves:
        ordered = half[longest_first(half)].tolist()
        padded["usual"] += padded_tokens(half.tolist(), [b for b in batches if b.start < len(half)])
        padded["sorted chunks"] += padded_tokens(ordered, cut(ordered, tokens=SPEC.tokens_per_batch))
    real = sum(int(half.sum()) for half in halves)
    return {"tokens a text": real / len(texts), **{name: tokens / real for name, tokens in padded.items()}}


def report(timings: dict[str, Timing], texts: Sequence[str]) -> str:
    """The table, medians of the rounds' own ratios."""
    usual_s = timings["usual"].seconds
    bare_s = [s - load for s, load in zip(usual_s, timings["usual"].loading, strict=True)]
    lines = [f"{'variant':<12} {'texts/s':>8} {'ratio':>6} {'ratio, usual without loading':>29} {'least cosine':>13}"]
    for name, timing in timings.items():
        own = bare_s if name == "usual" else timing.seconds
        ratio = statistics.median(u / s for u, s in zip(usual_s, timing.seconds, strict=True))
        bare = statistics.median(u / s for u, s in zip(bare_s, own, strict=True))
        rate = statistics.median(len(texts) / s for s in timing.seconds)
        exact = least_cosine(timing.vectors, timings["usual"].vectors)
        lines.append(f"{name:<12} {rate:>8.1f} {ratio:>6.2f} {bare:>29.2f} {exact:>13.6f}")
    return "\n".join(lines)


def session() -> SparkSession:
    """Two tasks at once, no Delta: only the encoder is timed."""
    confs = {
        "spark.driver.memory": "1g",
        "spark.driver.host": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
    }
    builder = SparkSession.builder.master(f"local[{TASKS}]").appName("footfall bench: understand_text")
    for key, value in confs.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    return spark


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Times the text encoder against the usual iterator UDF.")
    parser.add_argument("--texts", type=int, default=800, help="texts to encode (default 800)")
    parser.add_argument("--repeats", type=int, default=3, help="rounds, of which the median counts (default 3)")
    parser.add_argument("--median-tokens", type=int, default=MEDIAN_TOKENS, help=f"of a text (default {MEDIAN_TOKENS})")
    args = parser.parse_args()
    texts = corpus(args.texts, median_tokens=args.median_tokens)
    spark = session()
    try:
        rows = pd.DataFrame({"text_id": [f"{i:06d}" for i in range(len(texts))], "text": texts})
        frame = spark.createDataFrame(rows, "text_id string, text string")
        said = ask_worker(frame, encoder=replace(SPEC, number_type="auto")).first()
        print(
            f"understand_text: {len(texts)} synthetic texts, {len(set(texts))} distinct, local[{TASKS}], "
            f"windows of {WINDOW_ROWS:,}"
        )
        print(f"CPU: {cpu_class(cpu_flags())}; auto means: {said.said if said else ''}")
        print(
            "padded / real tokens: " + ", ".join(f"{name} {value:.2f}" for name, value in padding(texts).items()),
            flush=True,
        )
        print(report(measure(frame, args.repeats), texts))
    finally:
        spark.stop()


if __name__ == "__main__":
    main()
