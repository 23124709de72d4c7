"""Seconds of a first reading of texts in slices, the encoder's own time left out: of N and 2N texts, by this code and an older one.

    .venv/bin/python benchmarks/text/slices.py --texts 200000 --slice 10000 --before 35ba46f

It runs the step understand_text_vectors as the job does, with runner, books and Delta, over reviews that Spark invents.
In place of the encoder stands a constant vector. --before also runs the code of that commit, from a work tree below build/.
Each figure comes from a process of its own, after a small reading that is not counted.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[2]
FINGERPRINT = "constant"
WARM_UP = 2_000  # texts

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


def constant_vectors(texts: DataFrame, **_: Any) -> DataFrame:
    """The columns of text_vectors without a model."""
    return texts.selectExpr(
        "text_id",
        f"'{FINGERPRINT}' AS encoder_fingerprint",
        "array(1.0f) AS vector",
        "3 AS token_count",
        "1.0f AS norm",
    )


def invented_reviews(spark: SparkSession, count: int) -> DataFrame:
    """So many reviews, each of a text of its own of some 120 characters."""
    return spark.range(count).selectExpr(
        "CAST(id AS STRING) AS review_id",
        "TIMESTAMP'2017-12-01' AS event_time",
        "DATE'2017-12-01' AS event_date",
        "TIMESTAMP'2017-12-01' AS known_at",
        "'a' AS actor_id",
        "concat(repeat('as good as the last one, ', 4), sha2(CAST(id AS STRING), 256)) AS text",
        "sha2(CAST(id AS STRING), 256) AS text_id",
    )


def read_seconds(texts: int, per_slice: int, *, cores: int) -> dict[str, float]:
    """Seconds of the whole reading of `texts` texts, and the batches that it took, by the footfall that is on the path."""
    from benchmarks import _common as common
    from footfall.contract.frames import conform
    from footfall.inference.slices import SettledModel
    from footfall.steps.step import Output, Step, StepResult
    from footfall.tables import REVIEWS
    from footfall.text import bridge, reading
    from jobs import understand_text

    def settled(_: DataFrame, spec: Any, **__: Any) -> SettledModel[Any]:
        return SettledModel(spec, FINGERPRINT, "no encoder")

    vars(bridge)["encode_texts"] = constant_vectors  # the job imports it when it reads
    vars(reading)["_settled_by_worker"] = settled  # a worker would load the encoder
    batches = 0

    def read(spark: SparkSession, count: int, lake: Path) -> float:
        nonlocal batches
        job = common.open_job(spark, lake, raw=lake, key=common.new_key())
        text = job.settings.text.model_copy(update={"texts_per_batch": per_slice, "tasks": cores})
        job = dataclasses.replace(job, settings=job.settings.model_copy(update={"text": text}))
        rows = conform(invented_reviews(spark, count), REVIEWS)
        written = Step("refine_reviews", (), (REVIEWS.full_name,), lambda _: StepResult([Output(REVIEWS, rows)]))
        common.run(job, [written])
        (step,) = (s for s in understand_text.steps(job) if s.name == "understand_text_vectors")
        seconds = common.seconds(lambda: common.run(job, [dataclasses.replace(step, requires=())]))
        vectors = job.lake.read("results.text_vectors")
        read_back = vectors.selectExpr("count(*)", "count(DISTINCT text_id)", "count(DISTINCT batch_id)").collect()[0]
        if (read_back[0], read_back[1]) != (count, count):
            sys.exit(f"{read_back[0]} vectors of {read_back[1]} texts, expected {count}")
        batches = read_back[2]
        return seconds

    with common.session("slices", cores=cores, memory="4g") as spark, common.scratch() as folder:
        read(spark, WARM_UP, folder / "warm-up")
        seconds = read(spark, texts, folder / "lake")
    return {"seconds": seconds, "batches": batches}


def tree_of(commit: str) -> Path:
    """A work tree of the commit below build/, with the jars of this one."""
    tree = ROOT / "build" / f"tree-{commit}"
    if not tree.exists():
        subprocess.run(["git", "worktree", "add", "--detach", str(tree), commit], check=True, cwd=ROOT)
    if not (tree / ".cache").exists():
        (tree / ".cache").symlink_to((ROOT / ".cache").resolve())
    return tree


def in_tree(tree: Path, texts: int, per_slice: int, cores: int) -> dict[str, float]:
    """What `read_seconds` gives in a fresh process with the code of that tree."""
    path = os.pathsep.join([str(tree / "libs"), str(tree)])
    command = [sys.executable, str(Path(__file__).resolve()), "--inside", str(tree)]
    command += ["--texts", str(texts), "--slice", str(per_slice), "--cores", str(cores)]
    environment = {**os.environ, "PYTHONPATH": path, "PYSPARK_PYTHON": sys.executable}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment, cwd=tree)
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=200_000, help="N; 2N are read too (default 200000)")
    parser.add_argument("--slice", type=int, default=10_000, help="texts a slice (default 10000)")
    parser.add_argument("--cores", type=int, default=2, help="cores to use (default 2)")
    parser.add_argument("--before", metavar="COMMIT", help="an older commit to compare with (default: none)")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.inside:
        sys.path[:1] = [
            str(args.inside / "libs"),
            str(args.inside),
        ]  # instead of this folder, whose modules are no packages
        print(json.dumps(read_seconds(args.texts, args.slice, cores=args.cores)))
        return
    print(f"{datetime.now(UTC):%Y-%m-%d}, {args.cores} cores, load average at the start {os.getloadavg()[0]:.1f}")
    trees = {args.before: tree_of(args.before)} if args.before else {}
    for name, tree in {**trees, "this code": ROOT}.items():
        once, twice = (in_tree(tree, count, args.slice, args.cores) for count in (args.texts, 2 * args.texts))
        print(
            f"{name}: {args.texts:,} texts {once['seconds']:.1f} s in {once['batches']:.0f} batches, "
            f"{2 * args.texts:,} texts {twice['seconds']:.1f} s in {twice['batches']:.0f}; "
            f"twice the texts take {twice['seconds'] / once['seconds']:.2f} times as long",
            flush=True,
        )


if __name__ == "__main__":
    main()
