"""Times the text encoder against the usual ways to run BERT in Spark, all in one run; prints ratios, ceilings, exactness.

    python benchmarks/text/speed.py --shape minilm --texts 800 --rounds 3
    python benchmarks/text/speed.py --device gpu --texts 20000

Variants take turns, so that other load on the machine affects all of them; the median of the rounds' own ratios
counts. Every variant in Spark loads its model within its time: the usual ways once a task, ours where two number types
take turns in a process that keeps one, though its tokenizer stays; mlflow's stays too. `no loading` takes loading off
the usual way's time only, so it is a lower bound; the more texts, the closer the two ratios are.
`of ceiling` is the time of the same forward in the same number type on perfectly packed tokens outside Spark, over the
variant's time.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from pyspark.sql import DataFrame, SparkSession
from tokenizers import Tokenizer

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ROOT / ".cache" / "bench-packages"  # `make bench` puts them there; footfall itself needs none of them
PATHS = [str(ROOT / "libs"), str(ROOT)]
sys.path[:1] = PATHS  # instead of this folder, whose names are not packages
sys.path.append(str(PACKAGES))
os.environ.update(PYTHONPATH=os.pathsep.join([*PATHS, str(PACKAGES)]), PYSPARK_PYTHON=sys.executable)  # for workers
os.environ.update(TQDM_DISABLE="1", TRANSFORMERS_VERBOSITY="error", TOKENIZERS_PARALLELISM="false")

from benchmarks.text import gpu  # noqa: E402 the path is set above
from benchmarks.text.ceiling import Ceiling, ceiling  # noqa: E402
from benchmarks.text.corpus import MEDIAN_TOKENS, corpus  # noqa: E402
from benchmarks.text.figures import Timing, padding, table, work  # noqa: E402
from benchmarks.text.shapes import SHAPES, model_directory  # noqa: E402
from benchmarks.text.variants import BATCH, CEILING, VARIANTS, Place, wanted_variants  # noqa: E402
from benchmarks.text.world import encoder_spec, frame_of, session  # noqa: E402

from footfall.errors import EnvironmentFault, FootfallError  # noqa: E402
from footfall.inference.cpu import cpu_class, cpu_flags, has_fast_bf16  # noqa: E402
from footfall.text.spec import EncoderSpec  # noqa: E402


def token_counts(texts: Sequence[str], spec: EncoderSpec) -> list[int]:
    """How many tokens the encoder reads of each text."""
    tokenizer = Tokenizer.from_file(str(spec.path / "tokenizer.json"))
    tokenizer.enable_truncation(spec.max_tokens)
    return [len(encoding.ids) for encoding in tokenizer.encode_batch_fast([spec.prefix + text for text in texts])]


def runs(
    names: Sequence[str], texts: DataFrame, place: Place, ceilings: Mapping[str, Ceiling]
) -> dict[str, Callable[[Timing], None]]:
    """What each variant does in a round: it adds its seconds, and its vectors where it makes any."""
    rounds: dict[str, Callable[[Timing], None]] = {}
    for name in names:
        if name in ceilings:
            rounds[name] = partial(_run_ceiling, ceilings[name])
        else:
            rounds[name] = partial(_run, VARIANTS[name].make, texts, place)
    return rounds


def _run_ceiling(ceiling: Ceiling, timing: Timing) -> None:
    timing.seconds.append(ceiling.seconds())


def _run(make: Callable[[DataFrame, Place], DataFrame], texts: DataFrame, place: Place, timing: Timing) -> None:
    start = time.perf_counter()
    rows = make(texts, place).toPandas()
    timing.seconds.append(time.perf_counter() - start)
    timing.loading.append(float(rows["load_s"].max()) if "load_s" in rows else 0.0)
    timing.vectors = np.stack(rows.sort_values("text_id")["vector"].to_list()).astype(np.float32)


def measure(
    variants: Mapping[str, Callable[[Timing], None]],
    rounds: int,
    watch: Callable[[str], AbstractContextManager[list[str]]],
) -> dict[str, Timing]:
    """Every variant in every round; notes of `watch` are printed beside its seconds."""
    timings = {name: Timing(VARIANTS[name].ceiling if name in VARIANTS else "") for name in variants}
    for number in range(1, rounds + 1):
        for name, variant in variants.items():
            with watch(name) as notes:
                variant(timings[name])
            print(f"  round {number}: " + "; ".join([f"{name} {timings[name].seconds[-1]:.2f} s", *notes]), flush=True)
    return timings


@contextmanager
def watch_gpu(spark: SparkSession, tasks: int, name: str) -> Iterator[list[str]]:
    """Use of the device while a variant ran, and torch's peak memory in each of Spark's workers."""
    notes: list[str] = []
    with gpu.watched() as lines:
        yield notes
    notes += [str(use) for use in (gpu.use_of(lines),) if use]
    if not name.startswith(CEILING):
        peaks = gpu.worker_peaks(spark, tasks).toPandas().groupby("pid")["peak_mib"].max()
        notes.append("torch's peak in each worker " + ", ".join(f"{peak:,.0f} MiB" for peak in peaks))


def require_packages(names: Sequence[str]) -> None:
    """Raises EnvironmentFault where a variant's package is not installed."""
    absent = sorted({VARIANTS[n].needs for n in names if n in VARIANTS and not VARIANTS[n].is_there})
    if absent:
        raise EnvironmentFault(
            f"the benchmark needs {', '.join(absent)}, which footfall itself does not.",
            fix="Run `python3 infra/local/set_up.py --bench`, or name other --variants.",
        )


def half_type(device: str) -> str:
    """The short number type that the hardware computes fast; "" where there is none."""
    if device == "cpu":
        return "bf16" if has_fast_bf16() else ""
    import torch

    return "bf16" if torch.cuda.get_device_capability(0) >= (8, 0) else "fp16"


def arguments() -> argparse.Namespace:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=800, help="texts to encode (default 800)")
    parser.add_argument("--shape", choices=SHAPES, default="minilm", help="of the model (default minilm)")
    parser.add_argument("--variants", default="", help="names with commas between (default: all)")
    parser.add_argument("--rounds", type=int, default=3, help="of which the median counts (default 3)")
    parser.add_argument("--device", choices=("cpu", "gpu"), default="cpu", help="where to compute (default cpu)")
    parser.add_argument("--tasks", type=int, default=2, help="Spark tasks at once (default 2)")
    parser.add_argument("--median-tokens", type=int, default=MEDIAN_TOKENS, help=f"of a text (default {MEDIAN_TOKENS})")
    return parser.parse_args()


def bench(args: argparse.Namespace) -> str:
    """All variants of one shape; returns the table."""
    load = os.getloadavg()[0]
    if args.device == "gpu":
        gpu.require_gpu()
    names = wanted_variants([n for n in args.variants.split(",") if n], half=half_type(args.device))
    require_packages(names)
    spec = encoder_spec(model_directory(args.shape), args.device)
    texts = corpus(args.texts, median_tokens=args.median_tokens)
    counts = dict(zip(texts, token_counts(texts, spec), strict=True))
    config = json.loads((spec.path / "config.json").read_text(encoding="utf-8"))
    heading(args, counts, texts, spec, load, work(list(counts.values()), config))
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="footfall-bench-")))
        ceilings = {
            name: stack.enter_context(
                ceiling(replace(spec, number_type=name.removeprefix(CEILING)), [*counts.values()], tasks=args.tasks)
            )
            for name in names
            if name.startswith(CEILING)
        }
        spark = stack.enter_context(session(args.tasks))
        place = Place(spec, "cuda" if args.device == "gpu" else "cpu", args.tasks, scratch)
        for name in names:
            if name not in ceilings:  # imports, and the JVM's own warm-up
                start = time.perf_counter()
                VARIANTS[name].make(frame_of(spark, texts[: 2 * args.tasks]), place).collect()
                print(f"  warm-up: {name} {time.perf_counter() - start:.1f} s", flush=True)
        watch = partial(watch_gpu, spark, args.tasks) if args.device == "gpu" else lambda _: nullcontext([])
        timings = measure(runs(names, frame_of(spark, texts), place, ceilings), args.rounds, watch)
    return table(timings, texts=len(texts))


def heading(
    args: argparse.Namespace,
    counts: Mapping[str, int],
    texts: Sequence[str],
    spec: EncoderSpec,
    load: float,
    flop: float,
) -> None:
    """What is measured, and on what."""
    print(
        f"text speed: {args.shape}, {len(texts)} synthetic texts, {len(counts)} distinct, "
        f"{sum(counts.values()) / len(counts):.1f} tokens each, {flop / 1e9:,.0f} GFLOP; local[{args.tasks}]"
    )
    print(
        f"CPU: {cpu_class(cpu_flags())}, load average at the start {load:.1f}"
        + (f"; GPU: {gpu.gpu_name()}" if args.device == "gpu" else "")
    )
    overhead = padding([counts[text] for text in texts], batch=BATCH, tokens=spec.tokens_per_batch, tasks=args.tasks)
    print("padded / real tokens: " + ", ".join(f"{name} {value:.2f}" for name, value in overhead.items()), flush=True)


def main() -> None:
    """Prints the table, or the error message."""
    try:
        print(bench(arguments()))
    except FootfallError as fault:
        sys.exit(str(fault))


if __name__ == "__main__":
    main()
