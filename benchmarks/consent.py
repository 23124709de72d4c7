"""Times the stage featurize in a shop whose people say what they allow, and in the same shop without consents.

    python benchmarks/consent.py --rounds 3

Both start from the same refined tables of the example shop and make daily_activity and all dates of features. In one of
them each person has given or withdrawn each purpose, `--withdrawn` percent of them withdrew analytics and profiling, and
refined.permissions is made as part of what is timed. Goal: at most 1.1 times. Statements are made up here; no person of the
example shop made them.
"""

from __future__ import annotations

import shutil
import sys
from functools import partial
from itertools import count
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "libs"), str(ROOT)]

from benchmarks import _common as bench  # noqa: E402 the path is set above
from footfall.contract.frames import conform  # noqa: E402
from footfall.mapping.source import Source  # noqa: E402
from footfall.privacy.pseudonyms import MintKey  # noqa: E402
from footfall.runtime.cli import Job  # noqa: E402
from footfall.runtime.permissions import permissions_step  # noqa: E402
from footfall.steps.step import Output, Step, StepResult  # noqa: E402
from footfall.tables import CONSENTS, IDENTITIES, USER_FEATURES  # noqa: E402
from footfall.tables.offers import PURPOSES  # noqa: E402

FEED = {  # nothing is read by it: the statements are written as refine would
    "source": "statements",
    "about": "made up by a benchmark",
    "feeds": {
        "said": {
            "files": "said/*.json",
            "format": "json",
            "into": {
                "consents": {
                    "actor": {"kind": "card", "identifier": "card"},
                    "columns": {"purpose": "purpose", "event_time": "at", "is_given": "is_given = 'yes'"},
                }
            },
        }
    },
}


def with_consents(job: Job) -> Job:
    """The same job in a shop one of whose sources brings consents."""
    mappings = (*job.settings.sources.mappings, Source.model_validate(FEED))
    sources = job.settings.sources.model_copy(update={"mappings": mappings})
    settings = job.settings.model_copy(update={"sources": sources})
    return Job(
        settings, job.as_of, job.now, job.spark, job.lake, job.books, job.registry, job.key, job.options,
    )  # fmt: skip


def statements(identities: DataFrame, *, withdrawn: int) -> DataFrame:
    """Rows of refined.consents: each actor about each purpose, `withdrawn` percent of them against the first two."""
    purposes = F.explode(F.array(*map(F.lit, PURPOSES))).alias("purpose")
    refuses = F.pmod(F.xxhash64("actor_id"), F.lit(100)) < withdrawn
    said_at = F.timestamp_seconds(F.lit(1_483_228_800))  # 1 January 2017
    return identities.select("actor_id", purposes).select(
        "*", said_at.alias("event_time"), F.to_date(said_at).alias("event_date"), said_at.alias("known_at"),
        (~(refuses & F.col("purpose").isin("analytics", "profiling"))).alias("is_given"),
        F.lit(None).cast("string").alias("place"), F.lit(None).cast("string").alias("arrived"),
    )  # fmt: skip


def lay_out(spark: SparkSession, lake: Path, *, raw: Path, key: MintKey, withdrawn: int) -> None:
    """Refined tables, with statements of consent among them."""
    job = bench.open_job(spark, lake, raw=raw, key=key)
    bench.run(job, bench.steps_of(job, "ingest", "refine"))
    rows = conform(statements(job.lake.read(IDENTITIES.full_name), withdrawn=withdrawn), CONSENTS)
    output = StepResult([Output(CONSENTS, rows)])
    bench.run(job, [Step("refine_consents", (), (CONSENTS.full_name,), lambda _: output)])


def main() -> None:
    """Command line."""
    parser = bench.arguments(__doc__ or "", rounds=3)
    parser.add_argument("--withdrawn", type=int, default=2, help="percent of people who withdrew (default: 2)")
    args = parser.parse_args()
    raw = bench.require_shop(args.raw)
    with bench.scratch() as folder, bench.session("consent", cores=args.cores, memory=args.memory) as spark:
        refined, key, numbers = folder / "refined", bench.new_key(), count(1)
        lay_out(spark, refined, raw=raw, key=key, withdrawn=args.withdrawn)
        print(f"consent: {bench.machine(args.cores)}", flush=True)
        people: dict[str, int] = {}

        def timed(name: str) -> float:
            lake = folder / f"{name}_{next(numbers)}"
            shutil.copytree(refined, lake)
            job = bench.open_job(spark, lake, raw=raw, key=key)
            own = with_consents(job) if name == "with" else job
            steps = [*([permissions_step(own)] if name == "with" else []), *bench.steps_of(own, "featurize")]
            seconds = bench.seconds(lambda: bench.run(own, steps, verbose=args.verbose))
            people[name] = job.lake.read(USER_FEATURES.full_name).select("user_id").distinct().count()
            shutil.rmtree(lake)
            return seconds

        variants = {name: partial(timed, name) for name in ("with", "without")}
        timings = bench.take_turns(variants, rounds=args.rounds)
        shown = ", ".join(f"{people[name]:,} people {name}" for name in variants)
        print(f"consent: {bench.format_medians(timings)}; {shown}")
        ratio = bench.format_ratio(bench.ratios(timings, "with", "without"))
        print(f"consent: featurize with consents takes {ratio} times that without; goal 1.1")


if __name__ == "__main__":
    main()
