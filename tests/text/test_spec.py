"""What cannot work is refused before anything is loaded."""

from __future__ import annotations

import pytest

from footfall.errors import SettingsError
from text.conftest import spec_of


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(SettingsError) as fault:
        spec_of("x", pooling="max", number_type="int8", device="tpu", max_tokens=2, tokens_per_batch=1)
    for part in (
        "text.pooling is 'max'",
        "text.number_type is 'int8'",
        "text.device is 'tpu'",
        "text.max_tokens is 2",
        "text.tokens_per_batch is 1",
    ):
        assert part in str(fault.value)


def test_a_batch_must_hold_the_longest_text() -> None:
    with pytest.raises(SettingsError, match="tokens_per_batch is 100, expected 128 or more"):
        spec_of("x", max_tokens=128, tokens_per_batch=100)
