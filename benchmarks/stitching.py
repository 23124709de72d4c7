"""Times people out of links: a million of them beside scipy's connected components; and how well people are told apart.

    python benchmarks/stitching.py --links 1000000
    python benchmarks/stitching.py --lake build/simulated-lake --shop build/simulated

The first reads a Parquet file of pairs of pseudonyms, on both sides, and writes each identifier with its person: footfall by
`refine.identities.stitched` (shared identifiers, intervals and history included), scipy by connected_components over numbered
pseudonyms, which knows no rule. People have a login and 1 to 7 other identifiers. GraphFrames would be the nearer peer: its
jar for Spark 4 could not be had where this was written.

The second compares refined.identities of a lake with the truth of the imagined shop that it was made of (figures are
simulated): precision and recall over pairs of identifiers of one person, of people with two or more identifiers.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import time
from itertools import combinations
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "libs"), str(ROOT)]

import numpy as np  # noqa: E402 the path is set above
import pyarrow as pa  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402
from pyspark.sql import DataFrame, SparkSession  # noqa: E402
from pyspark.sql import functions as F  # noqa: E402

from benchmarks import _common as bench  # noqa: E402
from footfall.refine.identities import stitched  # noqa: E402
from footfall.refine.people import StitchRules  # noqa: E402

RULES = StitchRules(window_days=30, established_days=2, max_identifiers=200)
DAYS = 20_000  # since 1970, on which all links are seen
KINDS = {
    "login": "customer",
    "card": "card",
    "phone": "phone",
}  # as conf/sources/simulated.yaml has them; others: customer


def write_links(path: Path, count: int, *, seed: int) -> None:
    """So many pairs of login and device, as 64 hexadecimal digits each: people of 1 to 7 devices."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 8, count)
    login = np.repeat(np.arange(count), sizes)[:count]
    order = rng.permutation(count)
    names = [pa.array([f"{kind}{n:063x}" for n in numbers]) for kind, numbers in (("a", login[order]), ("b", order))]
    day = pa.array(np.full(count, DAYS, dtype="int32")).cast(pa.date32())
    plain = {"anchor": pa.array(["login"] * count), "evidence": pa.array(["visitor"] * count)}
    rest = {"state": pa.array(["linked"] * count), "event_date": day, "known_date": day}
    pq.write_table(pa.table({"actor_id": names[0], "linked_id": names[1], **plain, **rest}), path)


def by_footfall(spark: SparkSession, links: Path, folder: Path) -> float:
    """Seconds from the file to the written people."""
    shutil.rmtree(folder, ignore_errors=True)
    started = time.perf_counter()

    def staged(name: str, frame: DataFrame) -> DataFrame:
        frame.write.parquet(str(folder / name))
        return spark.read.parquet(str(folder / name))

    people = stitched(spark.read.parquet(str(links)), rules=RULES, max_linked=5, time_zone="UTC", staged=staged)
    people.write.parquet(str(folder / "people"))
    return time.perf_counter() - started


def by_scipy(links: Path, out: Path) -> float:
    """The same of scipy: pseudonyms are numbered, and each gets the least of its component as person."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    started = time.perf_counter()
    table = pq.read_table(links, columns=["actor_id", "linked_id"])
    both = (
        pa.chunked_array([*table["actor_id"].chunks, *table["linked_id"].chunks]).dictionary_encode().combine_chunks()
    )
    numbers, names = both.indices.to_numpy(), both.dictionary
    half = len(numbers) // 2
    edges = coo_array((np.ones(half, dtype="int8"), (numbers[:half], numbers[half:])), shape=(len(names), len(names)))
    _, component = connected_components(edges, directed=False)
    _, first = np.unique(component, return_index=True)
    pq.write_table(pa.table({"actor_id": names, "user_id": names.take(pa.array(first[component]))}), out)
    return time.perf_counter() - started


def race(arguments: argparse.Namespace) -> None:
    """Prints the seconds of both, the median of some rounds in turn."""
    with bench.scratch() as folder, bench.session("stitching", cores=arguments.cores, memory=arguments.memory) as spark:
        links = folder / "links.parquet"
        write_links(links, arguments.links, seed=7)
        rounds = []
        for number in range(arguments.rounds + 1):  # the first warms the JVM
            seconds = by_footfall(spark, links, folder / "footfall"), by_scipy(links, folder / "scipy.parquet")
            rounds += [seconds] if number else []
            print(f"round {number}: footfall {seconds[0]:.1f} s, scipy {seconds[1]:.1f} s", flush=True)
        ours, theirs = (statistics.median(side) for side in zip(*rounds, strict=True))
        sizes = [spark.read.parquet(str(folder / name)) for name in ("footfall/people", "scipy.parquet")]
        people = [
            frame.where("known_to IS NULL" if "known_to" in frame.columns else "true")
            .groupBy("user_id")
            .count()
            .count()
            for frame in sizes
        ]
        print(f"{arguments.links:,} links: footfall {ours:.1f} s ({people[0]:,} people), scipy {theirs:.1f} s ({people[1]:,} people), "
              f"ratio {ours / theirs:.1f} (goal <= 5)")  # fmt: skip


def accuracy(identities: DataFrame, vault: DataFrame, links: DataFrame, truth: DataFrame) -> dict[str, float]:
    """Pairwise precision and recall over people with two or more identifiers; `recall_linkable` leaves out identifiers without any link.

    Only identifiers that stand in the logs count. A pair is right where the truth has a person with both. Small shops only: all
    pairs come to the driver.
    """
    names = vault.select("actor_id", "kind", "identifier")
    open_rows = identities.where("known_to IS NULL AND valid_to IS NULL").join(names, "actor_id")
    person_of = {(r["kind"], r["identifier"]): r["user_id"] for r in open_rows.collect()}
    linked = {
        r["actor_id"] for r in links.selectExpr("explode(array(actor_id, linked_id)) AS actor_id").distinct().collect()
    }
    linkable = {(r["kind"], r["identifier"]) for r in names.collect() if r["actor_id"] in linked}
    owners: dict[int, set[tuple[str, str]]] = {}
    for row in truth.collect():
        owners.setdefault(row["person"], set()).add((KINDS.get(row["kind"], "customer"), row["identifier"]))
    true_pairs = {
        pair for identifiers in owners.values() for pair in combinations(sorted(identifiers & person_of.keys()), 2)
    }
    members: dict[str, list[tuple[str, str]]] = {}
    for identifier, person in person_of.items():
        members.setdefault(person, []).append(identifier)
    predicted_pairs = {pair for identifiers in members.values() for pair in combinations(sorted(identifiers), 2)}
    right = len(predicted_pairs & true_pairs)
    possible = sum(a in linkable and b in linkable for a, b in true_pairs)
    return {
        "identifiers": len(person_of), "people": len(members), "pairs": len(true_pairs), "precision": right / max(len(predicted_pairs), 1),
        "recall": right / max(len(true_pairs), 1), "recall_linkable": right / max(possible, 1),
    }  # fmt: skip


def compare(arguments: argparse.Namespace) -> None:
    """Prints the accuracy of a lake."""
    with bench.session("stitching", cores=arguments.cores, memory=arguments.memory) as spark:
        identities, vault, links = (
            spark.read.format("delta").load(f"{arguments.lake}/refined/{name}")
            for name in ("identities", "pseudonyms", "identity_links")
        )
        figures = accuracy(identities, vault, links, spark.read.parquet(f"{arguments.shop}/truth/identifiers"))
        print(", ".join(f"{name} {value:,.4f}".removesuffix(".0000") for name, value in figures.items()), "(simulated)")
        sizes = (
            identities.where("known_to IS NULL")
            .groupBy("user_id")
            .count()
            .groupBy("count")
            .agg(F.count("*").alias("people"))
        )
        print("largest:", [tuple(row) for row in sizes.orderBy(F.desc("count")).limit(5).collect()])


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--links", type=int, default=1_000_000, help="pairs that are raced over (default: 1,000,000)")
    parser.add_argument("--lake", help="a lake made of an imagined shop, to be compared with its truth")
    parser.add_argument("--shop", help="the folder of that shop, which has truth/")
    parser.add_argument("--rounds", type=int, default=3, help="counted rounds (default: 3)")
    parser.add_argument("--cores", type=int, default=bench.cores(), help="cores to use (default: all)")
    parser.add_argument("--memory", default="3g", help="memory of Spark's driver (default: 3g)")
    arguments = parser.parse_args()
    if arguments.lake:
        compare(arguments)
    else:
        race(arguments)


if __name__ == "__main__":
    main()
