"""All figures on the quality of sentiment, aspects, intents and topics, beside their baselines, in one table.

    PYTHONPATH=. .venv/bin/python -m benchmarks.text.quality [--tuned FOLDER] [--only sentiment aspects intents topics]

It reads .cache/packages, .cache/models and benchmarks/text/labels. The first run encodes some 60,000 texts and clauses, which takes a
quarter of an hour on two cores; the vectors are stored below build/quality. `--tuned` adds an encoder that
benchmarks/text/tuned.py fine-tuned.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable

from benchmarks.text import aspects, intents, sentiment, topics
from benchmarks.text.table import Row, markdown, vectors_of
from tqdm import tqdm

PARTS: dict[str, Callable[[], Iterable[Row]]] = {
    "sentiment": sentiment.rows_of,
    "aspects": aspects.rows,
    "intents": lambda: intents.rows(vectors_of),
    "topics": lambda: topics.rows(vectors_of),
}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tuned", default="", metavar="FOLDER", help="a fine-tuned encoder too")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), help="some parts (default: all)")
    args = parser.parse_args()
    rows: list[Row] = []
    for name in tqdm(args.only, desc="quality", unit="part"):
        rows += PARTS[name]()
    if args.tuned:
        rows += sentiment.rows_of(args.tuned)
    print(markdown(rows))


if __name__ == "__main__":
    main()
