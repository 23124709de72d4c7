"""Identifiers that somebody types: most are right, some have a slip, some are the same in other writing; the truth says which."""

from __future__ import annotations

from collections import Counter
from datetime import date

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from footfall.simulation import identifiers as ids
from footfall.simulation.plan import SimulationPlan

PLAN = SimulationPlan(people=10, items=60, days=5, seed=1, start=date(2024, 1, 1))
ROWS = 4000


def test_three_in_a_hundred_have_a_slip_and_five_another_writing(spark: SparkSession) -> None:
    """Within four standard errors; two equal neighbours that are swapped are no slip."""
    person = F.col("id")
    mail, phone = ids.email(PLAN, person, F.lit(0)), ids.phone(person, F.lit(0))
    typed = spark.range(ROWS).select(
        mail.alias("mail"), phone.alias("phone"),
        ids.typed(PLAN, mail, F.lit("m"), person).alias("as_mail"), ids.typed(PLAN, phone, F.lit("p"), person).alias("as_phone"),
    ).collect()  # fmt: skip
    for name in ("mail", "phone"):
        pairs = [(row[name], *row[f"as_{name}"]) for row in typed]
        assert all((slip is None) == (meant == written) for meant, written, slip in pairs)
        counts = Counter(slip for _, _, slip in pairs)
        assert abs(counts["other writing"] - 0.05 * ROWS) < 4 * (0.05 * ROWS) ** 0.5
        assert abs(counts["left out"] - 0.01 * ROWS) < 4 * (0.01 * ROWS) ** 0.5
        assert counts["swapped"] > 0
        lengths = {slip: {len(written) - len(meant) for meant, written, of in pairs if of == slip} for slip in counts}
        assert (lengths["swapped"], lengths["left out"], lengths["twice"]) == ({0}, {-1}, {1})
    other = next(pair for pair in ((r["phone"], *r["as_phone"]) for r in typed) if pair[2] == "other writing")
    assert other[1].replace(" ", "").replace("00999", "+999", 1) == other[0]
    assert {row["as_mail"]["written"].rpartition("@")[2].lower() for row in typed} == {
        "example.org", "example.com", "example.net",
    }  # fmt: skip
    assert all(row["as_phone"]["written"].replace(" ", "").lstrip("+0").startswith("999") for row in typed)
