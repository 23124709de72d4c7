"""Figures of the text benchmarks, the variants that they run, and the models that they write. No Spark job, tiny models."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from benchmarks.text.ceiling import ceiling, rectangles, shares
from benchmarks.text.corpus import SHORT, corpus
from benchmarks.text.figures import Timing, as_rectangle, format_shares, least_cosine, padding, table, work
from benchmarks.text.gpu import GpuUse, require_gpu, use_of
from benchmarks.text.loading import drop_from_cache
from benchmarks.text.shapes import BASE, model_directory, random_tensors, with_first_pieces
from benchmarks.text.variants import VARIANTS, Variant, selected_variants, usual
from benchmarks.text.world import encoder_spec
from safetensors.torch import load_file, save_file

from footfall.errors import EnvironmentFault, SettingsError

WORDS = ["<s>", "<pad>", "</s>", "<unk>", "a", "b", "<mask>"]
CONFIG = {
    "model_type": "bert", "hidden_size": 8, "intermediate_size": 12, "num_hidden_layers": 8, "num_attention_heads": 2,
    "vocab_size": len(WORDS), "max_position_embeddings": 140, "type_vocab_size": 2, "pad_token_id": 1,
}  # fmt: skip
TOKENIZER = {
    "version": "1.0", "truncation": None, "padding": None, "normalizer": None, "pre_tokenizer": None,
    "post_processor": None, "decoder": None,
    "added_tokens": [
        {"id": i, "content": WORDS[i], "special": True, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
        for i in (0, 1, 2, 3, 6)
    ],
    "model": {"type": "Unigram", "unk_id": 3, "vocab": [[word, 0.0] for word in WORDS]},
}  # fmt: skip


@pytest.fixture
def e5(tmp_path: Path) -> Path:
    """A directory with the files of the default encoder, 8 layers of width 8."""
    folder = tmp_path / "e5"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(CONFIG))
    (folder / "tokenizer.json").write_text(json.dumps(TOKENIZER))
    (folder / "tokenizer_config.json").write_text(json.dumps({"unk_token": "<unk>", "mask_token": "<mask>"}))
    (folder / "README.md").write_text("origin of the weights")
    save_file(random_tensors(CONFIG), folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def timing(ceiling: str, *seconds: float, loading: tuple[float, ...] = (), worst: float = 1.0) -> Timing:
    """Two vectors, the second of which has the cosine `worst` to the baseline's."""
    vectors = np.array([[2.0, 0.0], [worst, (1 - worst**2) ** 0.5]], dtype=np.float32)
    return Timing(ceiling, list(seconds), list(loading), vectors)


def test_the_table_compares_every_variant_with_the_usual_way_mlflow_and_its_ceiling():
    timings = {
        "usual": timing("ceiling fp32", 9.0, 12.0, 8.0, loading=(1.0, 2.0, 1.0)),
        "mlflow": timing("ceiling fp32", 6.0, 6.0, 6.0),
        "ours bf16": timing("ceiling bf16", 2.0, 4.0, 2.0, worst=0.6),
        "ceiling fp32": Timing("", [4.5, 4.5, 4.5]),
        "ceiling bf16": Timing("", [1.0, 3.0, 1.5]),
    }
    head, *rows = (line.split("  ") for line in table(timings, texts=36).splitlines())
    cells = [[cell.strip() for cell in row if cell.strip()] for row in (head, *rows)]
    assert cells[0] == ["variant", "texts/s", "ratio", "no loading", "to mlflow", "of ceiling", "least cosine"]
    assert cells[1] == ["usual", "4.0", "1.00", "1.00", "0.67", "50%", "1.000000"]
    assert cells[2] == ["mlflow", "6.0", "1.50", "1.33", "1.00", "75%", "1.000000"]
    assert cells[3] == ["ours bf16", "18.0", "4.00", "3.50", "3.00", "75%", "0.600000"]
    assert cells[5] == ["ceiling bf16", "24.0", "5.33", "4.67", "4.00", "-", "-"]


def test_without_the_usual_way_there_is_nothing_to_compare_with():
    row = table({"ours fp32": timing("ceiling fp32", 2.0)}, texts=4).splitlines()[1]
    assert row.split() == ["ours", "fp32", "2.0", "-", "-", "-", "-", "-"]


def test_least_cosine_is_that_of_the_worst_row():
    left = np.array([[2.0, 0.0], [0.0, 1.0]])
    assert least_cosine(left, np.array([[1.0, 0.0], [1.0, 0.0]])) == pytest.approx(0.0)
    assert least_cosine(left, left * 3) == 1.0


def test_work_counts_products_and_attention_of_every_layer():
    config = {"hidden_size": 2, "intermediate_size": 3, "num_hidden_layers": 5}
    assert work([1, 4], config) == 5 * (2 * 5 * (4 * 4 + 2 * 6) + 4 * 2 * (1 + 16))


def test_a_rectangle_has_the_tokens_and_the_attention_of_the_texts():
    assert as_rectangle([10, 10, 10]) == (3, 10)
    assert as_rectangle([2, 6]) == (2, 5)  # 8 tokens, 40 pairs: 5 pairs a token
    assert [block.shape for block in rectangles([10] * 5, tokens=25)] == [(2, 10), (2, 10), (1, 10)]


def test_lengths_are_divided_so_that_all_processes_have_about_as_many_tokens():
    assert shares([1, 9, 5, 8], 2) == [[9, 5], [8, 1]]


def test_padding_is_padded_over_real_tokens_in_the_order_of_each_way():
    ratios = padding([1, 4, 1, 4], batch=2, tokens=4, tasks=1)
    assert ratios == {"usual": 16 / 10, "sorted chunks": 10 / 10}


def test_shares_are_of_the_sum():
    assert format_shares({"forward": 3.0, "Spark": 1.0}) == "4.00 s: forward 75.0%, Spark 25.0%"


def test_the_corpus_repeats_itself_and_a_quarter_of_it_are_short_phrases():
    texts = corpus(40, median_tokens=20)
    assert texts == corpus(40, median_tokens=20)
    assert sum(text in SHORT for text in texts) == 10
    assert len({text for text in texts if text not in SHORT}) == 30


def test_without_names_those_variants_run_that_are_fast_on_the_hardware():
    assert selected_variants([], half="") == [
        "usual", "predict_batch_udf", "mlflow", "sentence-transformers", "ours fp32", "ceiling fp32",
    ]  # fmt: skip
    assert "ours bf16" in selected_variants([], half="bf16")
    assert selected_variants(["ceiling fp32", "usual"], half="bf16") == ["usual", "ceiling fp32"]
    assert all(variant.about for variant in VARIANTS.values())
    with pytest.raises(SettingsError, match="no such variant: fastest"):
        selected_variants(["fastest"], half="")


def test_a_variant_whose_package_is_absent_is_not_installed():
    assert not Variant(usual, "of a package that does not exist", needs="no_such_package_anywhere").is_installed
    assert VARIANTS["usual"].is_installed


def test_minilm_is_the_first_six_layers_and_the_whole_tokenizer(e5: Path, tmp_path: Path):
    folder = model_directory("minilm", models=tmp_path / "models", e5=e5)
    tensors, all_tensors = load_file(folder / "model.safetensors"), load_file(e5 / "model.safetensors")
    assert json.loads((folder / "config.json").read_text()) == CONFIG | {"num_hidden_layers": 6}
    assert {name.split(".")[2] for name in tensors if "layer." in name} == set("012345")
    assert all(torch.equal(tensor, all_tensors[name]) for name, tensor in tensors.items())
    assert json.loads((folder / "tokenizer.json").read_text()) == TOKENIZER
    assert not (folder / "README.md").exists()
    assert model_directory("minilm", models=tmp_path / "models", e5=tmp_path / "gone") == folder


def test_a_tokenizer_with_fewer_pieces_loses_the_added_tokens_beyond_them():
    cut = with_first_pieces(TOKENIZER, 5)
    assert [piece for piece, _ in cut["model"]["vocab"]] == WORDS[:5]
    assert [token["id"] for token in cut["added_tokens"]] == [0, 1, 2, 3]


def test_random_weights_are_the_same_each_time_and_of_the_shape_of_bert_base():
    config = CONFIG | BASE | {"num_hidden_layers": 1}
    tensors = random_tensors(config)
    assert tensors["encoder.layer.0.intermediate.dense.weight"].shape == (3072, 768)
    assert tensors["embeddings.word_embeddings.weight"].shape == (7, 768)
    assert all(torch.equal(tensor, tensors[name]) for name, tensor in random_tensors(config).items())


def test_the_ceiling_computes_in_a_process_of_its_own_once_for_each_demand(e5: Path):
    with ceiling(encoder_spec(e5, "cpu"), [5, 7, 9], tasks=1) as processes:
        assert [processes.seconds() > 0 for _ in range(2)] == [True, True]


def test_a_file_that_was_dropped_from_the_cache_keeps_its_bytes(tmp_path: Path):
    file = tmp_path / "weights"
    file.write_bytes(b"1234")
    drop_from_cache(file)
    assert file.read_bytes() == b"1234"


def test_the_use_of_a_gpu_is_its_peak_memory_and_the_mean_of_its_load():
    assert use_of(["50, 100", "[N/A], 7", "100, 300", ""]) == GpuUse(300.0, 0.75)
    assert str(GpuUse(1300.0, 0.75)) == "1,300 MiB at most, at work 75% of the time"
    assert use_of([]) is None


@pytest.mark.skipif(torch.cuda.is_available(), reason="tests the error without a GPU")
def test_without_a_gpu_the_benchmark_ends_with_an_error():
    with pytest.raises(EnvironmentFault, match="should run on a GPU"):
        require_gpu()
