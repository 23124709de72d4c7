"""The ceiling: the same forward pass on perfectly packed tokens outside Spark, a process for each task. Reads no text.

Each process holds its model and its token ids before the clock starts. It computes as many tokens as its share of the
distinct texts has, with as much work in attention, but in texts of one length: no padding, no tokenizer, no Arrow.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import Connection

import numpy as np
import torch
from benchmarks.text.figures import as_rectangle

from footfall.inference.device import choose_device, claim
from footfall.inference.lane import lane_to
from footfall.inference.packing import Block
from footfall.inference.passes import ids_a_pass
from footfall.text.spec import EncoderSpec, Pooling
from footfall.text.weights import load

READY, GO, STOP = "ready", "go", "stop"
TOKEN = 4  # the id of a word piece in any vocabulary


def shares(lengths: Sequence[int], count: int) -> list[list[int]]:
    """The lengths, divided among `count` processes so that each has about as many tokens."""
    ordered = sorted(lengths, reverse=True)
    return [ordered[start::count] for start in range(count)]


def rectangles(lengths: Sequence[int], *, tokens: int) -> list[Block]:
    """int64[n_texts, n_tokens] blocks of one length, each of `tokens` tokens at most."""
    texts, length = as_rectangle(lengths)
    at_once = max(1, tokens // length)
    return [np.full((min(at_once, texts - i), length), TOKEN, dtype=np.int64) for i in range(0, texts, at_once)]


class Ceiling:
    """Processes with a model in memory, which compute on demand."""

    def __init__(self, connections: Sequence[Connection]) -> None:
        self._connections = connections

    def seconds(self) -> float:
        """Seconds of one forward pass of all shares, all processes at once."""
        start = time.perf_counter()
        for connection in self._connections:
            connection.send(GO)
        for connection in self._connections:
            connection.recv()
        return time.perf_counter() - start


@contextmanager
def ceiling(spec: EncoderSpec, lengths: Sequence[int], *, tasks: int) -> Iterator[Ceiling]:
    """Starts the processes and ends them; `lengths` are those of the distinct texts, in tokens."""
    context = multiprocessing.get_context("spawn")
    with ExitStack() as ends:
        connections = []
        for share in shares(lengths, tasks):
            connection, of_process = context.Pipe()
            process = context.Process(target=_compute, args=(of_process, spec, share), daemon=True)
            process.start()
            ends.callback(_end, process, connection)
            of_process.close()
            connections.append(connection)
        for connection in connections:
            connection.recv()
        yield Ceiling(connections)


def _end(process: multiprocessing.process.BaseProcess, connection: Connection) -> None:
    if process.is_alive():
        connection.send(STOP)
    process.join()


def _compute(connection: Connection, spec: EncoderSpec, lengths: Sequence[int]) -> None:
    """The loop of a process: computes once to warm up, then once for each GO."""
    device = choose_device(spec, addresses=(), environ=os.environ, gpu_count=torch.cuda.device_count())
    claim(device)
    model, lane = load(spec, device, None).model, lane_to(device)
    blocks = rectangles(lengths, tokens=ids_a_pass(spec.tokens_per_batch, device))
    command = GO
    while command != STOP:
        pooled = (model.pooled(lane.bring(model.laid_out([block])), Pooling(spec.pooling)) for block in blocks)
        for wait in [lane.home(vectors) for vectors in pooled]:
            wait()
        connection.send(READY)
        command = connection.recv()
