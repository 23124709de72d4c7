"""Times the text encoder against the usual ways to run BERT in Spark, all in one run; prints ratios, ceilings, cosines.

    python benchmarks/text/speed.py --shape minilm --texts 800 --rounds 3
    python benchmarks/text/speed.py --device gpu --texts 20000

Variants take turns, so that other work on the machine disturbs all alike; a ratio is the median of the ratios of the
rounds. Loading counts. The usual ways load their model once in each task. Ours keeps one model in a process, so it loads
again where two number types take turns, but keeps the tokenizer; mlflow's UDF keeps its model. `no loading` subtracts
loading from the usual way's time only, so it is a lower bound of the gain; the more texts, the nearer the two ratios are.
`of ceiling` is the time of the same forward pass in the same number type on perfectly packed tokens outside Spark, over
the variant's time.
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
PACKAGES = ROOT / ".cache" / "bench-packages"  # `make bench` installs them; footfall itself needs none of them
PATHS = [str(ROOT / "libs"), str(ROOT)]
sys.path[:1] = PATHS  # instead of this folder, whose modules are no packages
sys.path.append(str(PACKAGES))
os.environ.update(PYTHONPATH=os.pathsep.join([*PATHS, str(PACKAGES)]), PYSPARK_PYTHON=sys.executable)  # for workers
os.environ.update(TQDM_DISABLE="1", TRANSFORMERS_VERBOSITY="error", TOKENIZERS_PARALLELISM="false")

from benchmarks.text import gpu  # noqa: E402 the path is set above
from benchmarks.text.ceiling import Ceiling, ceiling  # noqa: E402
from benchmarks.text.corpus import MEDIAN_TOKENS, corpus  # noqa: E402
from benchmarks.text.figures import Timing, padding, table, work  # noqa: E402
from benchmarks.text.shapes import SHAPES, model_directory  # noqa: E402
from benchmarks.text.variants import BATCH, CEILING, VARIANTS, RunPlace, selected_variants  # noqa: E402
from benchmarks.text.world import encoder_spec, frame_of, session  # noqa: E402

from footfall.errors import EnvironmentFault, FootfallError  # noqa: E402
from footfall.inference.cpu import cpu_class, cpu_flags, has_fast_bf16  # noqa: E402
from footfall.text.spec import EncoderSpec  # noqa: E402


def token_counts(texts: Sequence[str], spec: EncoderSpec) -> list[int]:
    """The number of tokens that the encoder reads of each text."""
    tokenizer = Tokenizer.from_file(str(spec.path / "tokenizer.json"))
    tokenizer.enable_truncation(spec.max_tokens)
    return [len(encoding.ids) for encoding in tokenizer.encode_batch_fast([spec.prefix + text for text in texts])]


def runs(
    names: Sequence[str], texts: DataFrame, place: RunPlace, ceilings: Mapping[str, Ceiling]
) -> dict[str, Callable[[Timing], None]]:
    """A function for each variant, which runs a round and adds its seconds and vectors to a Timing."""
    functions: dict[str, Callable[[Timing], None]] = {}
    for name in names:
        if name in ceilings:
            functions[name] = partial(_run_ceiling, ceilings[name])
        else:
            functions[name] = partial(_run, VARIANTS[name].encode, texts, place)
    return functions


def _run_ceiling(processes: Ceiling, timing: Timing) -> None:
    timing.seconds.append(processes.seconds())


def _run(encode: Callable[[DataFrame, RunPlace], DataFrame], texts: DataFrame, place: RunPlace, timing: Timing) -> None:
    start = time.perf_counter()
    rows = encode(texts, place).toPandas()
    timing.seconds.append(time.perf_counter() - start)
    timing.loading.append(float(rows["load_s"].max()) if "load_s" in rows else 0.0)
    timing.vectors = np.stack(rows.sort_values("text_id")["vector"].to_list()).astype(np.float32)


def measure(
    variants: Mapping[str, Callable[[Timing], None]],
    rounds: int,
    watch: Callable[[str], AbstractContextManager[list[str]]],
) -> dict[str, Timing]:
    """Runs every variant in every round; prints its seconds and the lines of `watch`."""
    timings = {name: Timing(VARIANTS[name].ceiling if name in VARIANTS else "") for name in variants}
    for number in range(1, rounds + 1):
        for name, variant in variants.items():
            with watch(name) as watch_lines:
                variant(timings[name])
            print(
                f"  round {number}: " + "; ".join([f"{name} {timings[name].seconds[-1]:.2f} s", *watch_lines]),
                flush=True,
            )
    return timings


@contextmanager
def watch_gpu(spark: SparkSession, tasks: int, name: str) -> Iterator[list[str]]:
    """Lines with the use of the device while a variant ran, and with the peak memory of torch in each of Spark's workers."""
    report_lines: list[str] = []
    with gpu.watched() as samples:
        yield report_lines
    use = gpu.use_of(samples)
    report_lines += [str(use)] if use else []
    if not name.startswith(CEILING):
        peaks = gpu.worker_peaks(spark, tasks).toPandas().groupby("pid")["peak_mib"].max()
        report_lines.append("torch's peak in each worker " + ", ".join(f"{peak:,.0f} MiB" for peak in peaks))


def _no_watch(_: str) -> AbstractContextManager[list[str]]:
    return nullcontext([])


def require_packages(names: Sequence[str]) -> None:
    """Raises EnvironmentFault where the package of a variant is not installed."""
    absent = sorted({VARIANTS[n].needs for n in names if n in VARIANTS and not VARIANTS[n].is_installed})
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
    """Runs all variants of one shape; returns the table."""
    load = os.getloadavg()[0]
    if args.device == "gpu":
        gpu.require_gpu()
    names = selected_variants([n for n in args.variants.split(",") if n], half=half_type(args.device))
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
        place = RunPlace(spec, "cuda" if args.device == "gpu" else "cpu", args.tasks, scratch)
        for name in names:
            if name not in ceilings:  # imports, and the JVM's own warm-up
                start = time.perf_counter()
                VARIANTS[name].encode(frame_of(spark, texts[: 2 * args.tasks]), place).collect()
                print(f"  warm-up: {name} {time.perf_counter() - start:.1f} s", flush=True)
        watch = partial(watch_gpu, spark, args.tasks) if args.device == "gpu" else _no_watch
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
    """Prints what is measured, and on which hardware."""
    print(
        f"text speed: {args.shape}, {len(texts)} synthetic texts, {len(counts)} distinct, "
        f"{sum(counts.values()) / len(counts):.1f} tokens each, {flop / 1e9:,.0f} GFLOP; local[{args.tasks}]"
    )
    print(
        f"CPU: {cpu_class(cpu_flags())}, load average at the start {load:.1f}"
        + (f"; GPU: {gpu.gpu_name()}" if args.device == "gpu" else "")
    )
    ratios = padding([counts[text] for text in texts], batch=BATCH, tokens=spec.tokens_per_batch, tasks=args.tasks)
    print("padded / real tokens: " + ", ".join(f"{name} {value:.2f}" for name, value in ratios.items()), flush=True)


def main() -> None:
    """Prints the table, or the error with its fix."""
    try:
        print(bench(arguments()))
    except FootfallError as fault:
        sys.exit(str(fault))


if __name__ == "__main__":
    main()
