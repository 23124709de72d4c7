"""What only a GPU can show. Where torch reaches none these tests are skipped, and nothing of them has been shown."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from footfall.inference.device import choose_device, claim
from footfall.text.encoder import Encoder, load_encoder
from text.conftest import WEIGHTS, load_on_cpu, spec_of

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="torch reaches no GPU on this machine")
TEXTS = [("the tea was cold " * (1 + n % 9))[: 5 + n % 140] + str(n) for n in range(600)]


def load_on_gpu(**changed) -> Encoder:
    spec = spec_of(WEIGHTS, **{"device": "gpu", "max_parts": 2, **changed})
    device = choose_device(spec, addresses=["0"], environ={}, gpu_count=torch.cuda.device_count())
    claim(device, threads=2, gpu_share=0.5)
    return load_encoder(spec, device)


@pytest.mark.parametrize(("number_type", "least"), [("fp32", 0.99999), ("bf16", 0.999), ("fp16", 0.9999)])
def test_a_gpu_computes_the_cpus_vectors(number_type: str, least: float) -> None:
    expected = load_on_cpu(WEIGHTS, max_parts=2).encode(TEXTS).vectors
    computed = load_on_gpu(number_type=number_type).encode(TEXTS).vectors
    assert (expected * computed).sum(axis=1).min() > least


def test_windows_begun_one_after_the_other_keep_their_own_vectors() -> None:
    encoder = load_on_gpu(number_type="fp32", tokens_per_batch=128)
    waiting = [encoder.begin(encoder.read(TEXTS[at : at + 100])) for at in range(0, 600, 100)]
    computed = np.concatenate([wait().vectors for wait in waiting])
    np.testing.assert_allclose(computed, encoder.encode(TEXTS).vectors, atol=1e-3)


def test_a_real_lack_of_memory_halves_the_work_and_goes_on() -> None:
    encoder = load_on_gpu(number_type="fp32", tokens_per_batch=4096)
    expected = encoder.encode(TEXTS).vectors
    torch.cuda.empty_cache()
    _, total = torch.cuda.mem_get_info()
    before = encoder.passes.budget
    try:
        torch.cuda.set_per_process_memory_fraction((torch.cuda.memory_allocated() + (96 << 20)) / total)
        computed = encoder.encode(TEXTS).vectors
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert encoder.passes.budget < before
    np.testing.assert_allclose(computed, expected, atol=1e-3)
