"""Seconds in which a fresh process loads an encoder: imports and weights, by footfall and by transformers.

PYTHONPATH=libs:. .venv/bin/python -m benchmarks.text.loading ours build/bench-models/minilm
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.text.world import encoder_spec

WAYS = ("ours", "transformers")


def fresh_seconds(way: str, directory: Path, *, is_cold: bool) -> tuple[float, float]:
    """Seconds of (imports, loading) in a new process; cold means that the weights are not in the system's cache."""
    if is_cold:
        drop_from_cache(directory / "model.safetensors")
    command = [sys.executable, "-m", "benchmarks.text.loading", way, str(directory)]
    completed = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ)
    imports, loading = json.loads(completed.stdout.splitlines()[-1])
    return float(imports), float(loading)


def drop_from_cache(file: Path) -> None:
    """Asks the system to drop a file from its cache; pages that a running process maps stay."""
    with file.open("rb") as opened:
        os.fsync(opened.fileno())
        os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _ours(directory: Path) -> tuple[float, float]:
    start = time.perf_counter()
    from footfall.inference.device import choose_device
    from footfall.text.encoder import load_encoder

    spec = encoder_spec(directory, "cpu", number_type="auto")
    imported = time.perf_counter()
    load_encoder(spec, choose_device(spec, addresses=(), environ={}, gpu_count=0))
    return imported - start, time.perf_counter() - imported


def _transformers(directory: Path) -> tuple[float, float]:
    start = time.perf_counter()
    from transformers import AutoModel, AutoTokenizer

    imported = time.perf_counter()
    AutoTokenizer.from_pretrained(directory)
    AutoModel.from_pretrained(directory, add_pooling_layer=False).eval()
    return imported - start, time.perf_counter() - imported


if __name__ == "__main__":
    print(json.dumps({"ours": _ours, "transformers": _transformers}[sys.argv[1]](Path(sys.argv[2]))))
