"""Shares of the encoder's time: tokenizer, forward pass, Arrow, Spark; loading cold and warm; known texts; another encoder.

    python benchmarks/text/shares.py --shape minilm --texts 800 --rounds 3

It runs one task with one thread, so that the parts can be compared with the whole: the parts are timed in this process on
the same texts, and Spark is what a job on a warm worker takes beyond them. Loading is timed in fresh processes; cold means
that the system was asked to drop the weights from its cache. The runs over a store of vectors do what the step
understand_text does (ask a worker, leave out known texts, encode, write), over Parquet: the first run encodes all texts, in
the second all are known, and the third is another encoder (texts cut at 64 tokens) beside the vectors of the first.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyspark.sql import SparkSession

ROOT = Path(__file__).resolve().parents[2]
PATHS = [str(ROOT / "libs"), str(ROOT)]
sys.path[:1] = PATHS  # instead of this folder, whose modules are no packages
os.environ.update(PYTHONPATH=os.pathsep.join(PATHS), PYSPARK_PYTHON=sys.executable)  # for workers and fresh processes
os.environ.update(TQDM_DISABLE="1", TRANSFORMERS_VERBOSITY="error", TOKENIZERS_PARALLELISM="false")

from benchmarks.text.corpus import MEDIAN_TOKENS, corpus  # noqa: E402 the path is set above
from benchmarks.text.figures import format_shares  # noqa: E402
from benchmarks.text.loading import WAYS, fresh_seconds  # noqa: E402
from benchmarks.text.shapes import SHAPES, model_directory  # noqa: E402
from benchmarks.text.world import encoder_spec, frame_of, session  # noqa: E402

from footfall.inference.cpu import cpu_class, cpu_flags  # noqa: E402
from footfall.inference.device import choose_device, claim  # noqa: E402
from footfall.inference.packing import blocks, cut, longest_first  # noqa: E402
from footfall.inference.unread import unread_rows  # noqa: E402
from footfall.text.bridge import ask_worker, encode_texts  # noqa: E402
from footfall.text.encoder import load_encoder  # noqa: E402
from footfall.text.normal import normalise_text  # noqa: E402
from footfall.text.reading import COLUMNS  # noqa: E402
from footfall.text.spec import EncoderSpec, Pooling  # noqa: E402
from footfall.text.weights import load  # noqa: E402

OTHER_MAX_TOKENS = 64


def seconds(work: Callable[[], object]) -> float:
    """Seconds that the work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def parts(texts: Sequence[str], spec: EncoderSpec) -> dict[str, Callable[[], object]]:
    """The parts of encoding the texts, each ready to run by itself in this process; `encode` is the first three."""
    device = choose_device(spec, addresses=(), environ={}, gpu_count=0)
    claim(device)
    loaded, encoder = load(spec, device, None), load_encoder(spec, device)
    loaded.tokenizer.no_padding()
    loaded.tokenizer.enable_truncation(spec.max_tokens)
    unique = [spec.prefix + text for text in dict.fromkeys(texts)]
    ids = [encoding.ids for encoding in loaded.tokenizer.encode_batch_fast(unique)]
    ordered = [ids[i] for i in longest_first([len(row) for row in ids])]
    chunks = [blocks(ordered[chunk]) for chunk in cut([len(row) for row in ordered], budget=spec.tokens_per_batch)]
    model, vectors = loaded.model, encoder.encode(texts).vectors
    return {
        "tokenizer": lambda: loaded.tokenizer.encode_batch_fast(unique),
        "forward": lambda: [model.pooled(model.laid_out(chunk), Pooling(spec.pooling)) for chunk in chunks],
        "encode": lambda: encoder.encode(normalise_text(pd.Series(list(texts), dtype=object)).tolist()),
        "Arrow": lambda: through_arrow(texts, vectors),
    }


def through_arrow(texts: Sequence[str], vectors: np.ndarray) -> None:
    """Texts from Arrow's stream to Python, vectors from NumPy to Arrow's stream and out of it again."""
    _streamed(pa.RecordBatch.from_pydict({"text": list(texts)})).column("text").to_pylist()
    offsets = pa.array(range(0, vectors.size + 1, vectors.shape[1]), type=pa.int32())
    _streamed(
        pa.RecordBatch.from_arrays([pa.ListArray.from_arrays(offsets, pa.array(vectors.reshape(-1)))], ["vector"])
    )


def _streamed(batch: pa.RecordBatch) -> pa.RecordBatch:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return pa.ipc.open_stream(sink.getvalue()).read_next_batch()


def time_shares(spark: SparkSession, texts: Sequence[str], spec: EncoderSpec, rounds: int) -> dict[str, float]:
    """Median seconds of the parts, of `rest` (normalising, duplicates, order, length 1) and of Spark; they sum to the job."""
    works = parts(texts, spec)
    frame = frame_of(spark, texts).coalesce(1)
    works["job"] = lambda: encode_texts(frame, encoder=spec).toPandas()
    works["job"]()  # afterwards the worker has its model
    timings: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            timings[name].append(seconds(work))
    median = {name: statistics.median(values) for name, values in timings.items()}
    return {
        "tokenizer": median["tokenizer"],
        "forward": median["forward"],
        "rest": median["encode"] - median["tokenizer"] - median["forward"],
        "Arrow": median["Arrow"],
        "Spark": median["job"] - median["encode"] - median["Arrow"],
    }


def forward_shares(texts: Sequence[str], spec: EncoderSpec) -> dict[str, float]:
    """Seconds of each kind of operation in a forward pass, by torch's profiler."""
    from torch.profiler import ProfilerActivity, profile

    forward = parts(texts, spec)["forward"]
    forward()
    with profile(activities=[ProfilerActivity.CPU]) as profiled:
        forward()
    kinds = {
        "addmm": "products",
        "dot_product": "attention",
        "gelu": "GELU",
        "layer_norm": "layer norm",
        "copy_": "copies",
    }
    seconds_by_kind = dict.fromkeys([*kinds.values(), "other"], 0.0)
    for event in profiled.key_averages():
        kind = next((kinds[word] for word in kinds if word in event.key), "other")
        seconds_by_kind[kind] += event.self_cpu_time_total / 1e6
    return seconds_by_kind


def loading_lines(directory: Path, rounds: int) -> list[str]:
    """A line for each way to load, cold and warm."""
    lines = []
    for way in WAYS:
        for state in ("cold", "warm"):
            pairs = [fresh_seconds(way, directory, is_cold=state == "cold") for _ in range(rounds)]
            imports, loading = (statistics.median(values) for values in zip(*pairs, strict=True))
            lines.append(f"  {way:<12} {state}: imports {imports:.2f} s, weights and tokenizer {loading:.2f} s")
    return lines


def store_runs(spark: SparkSession, texts: Sequence[str], spec: EncoderSpec, store: Path) -> dict[str, float]:
    """Seconds of a first run over a store of vectors, of a run in which all texts are known, and of one with another encoder."""
    frame = frame_of(spark, list(dict.fromkeys(texts)))

    def run(encoder: EncoderSpec) -> None:
        worker = ask_worker(frame, encoder=encoder).first()
        known = spark.read.parquet(str(store)) if store.exists() else None
        fingerprint = worker["encoder_fingerprint"] if worker else ""
        unread = unread_rows([frame], results=known, fingerprints=[fingerprint], columns=COLUMNS)
        encode_texts(unread, encoder=encoder).write.mode("append").parquet(str(store))

    return {
        "first": seconds(lambda: run(spec)),
        "all known": seconds(lambda: run(spec)),
        "another encoder": seconds(lambda: run(replace(spec, max_tokens=OTHER_MAX_TOKENS))),
    }


def run_lines(seconds_by_run: Mapping[str, float], distinct: int) -> list[str]:
    """A line with seconds and distinct texts a second for each run."""
    return [f"  {name:<16} {s:7.2f} s, {distinct / s:9,.0f} texts/s" for name, s in seconds_by_run.items()]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=800, help="texts to encode (default 800)")
    parser.add_argument("--shape", choices=SHAPES, default="minilm", help="of the model (default minilm)")
    parser.add_argument("--rounds", type=int, default=3, help="of which the median counts (default 3)")
    parser.add_argument("--number-type", choices=("auto", "fp32", "bf16"), default="auto", help="default auto")
    args = parser.parse_args()
    directory = model_directory(args.shape)
    spec = encoder_spec(directory, "cpu", number_type=args.number_type)
    texts = corpus(args.texts, median_tokens=MEDIAN_TOKENS)
    print(f"text shares: {args.shape}, {len(texts)} synthetic texts, {len(set(texts))} distinct, one task, one thread")
    print(f"CPU: {cpu_class(cpu_flags())}, load average at the start {os.getloadavg()[0]:.1f}", flush=True)
    print("loading, in a fresh process:", *loading_lines(directory, args.rounds), sep="\n", flush=True)
    with session(1) as spark, tempfile.TemporaryDirectory(prefix="footfall-bench-") as scratch:
        print(f"a job on a warm worker: {format_shares(time_shares(spark, texts, spec, args.rounds))}", flush=True)
        print(f"its forward, by torch's profiler: {format_shares(forward_shares(texts, spec))}", flush=True)
        run_seconds = store_runs(spark, texts, spec, Path(scratch) / "vectors")
    print("over a store of vectors:", *run_lines(run_seconds, len(set(texts))), sep="\n")


if __name__ == "__main__":
    main()
