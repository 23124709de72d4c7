"""Checkpoints of the BERT kin, however they were saved, give the vectors that transformers' own forward gives."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import AutoModel, AutoTokenizer

from footfall.errors import EnvironmentFault, SettingsError
from footfall.text.encoder import Encoder
from footfall.text.packed import PackedBert
from footfall.text.padded import PaddedModel
from text.conftest import WORDS, load_on_cpu

PACKED = ["bert", "roberta", "xlm-roberta"]
PADDED = ["distilbert", "deberta", "deberta-v2", "electra", "camembert", "mpnet", "albert", "modernbert"]
TEXTS = ["abc", "q", "hello", "zyx", "unknown1", "abcdefghij", "lmnop", "hello"]


def ids_of(text: str) -> list[int]:
    return [1, *(WORDS.index(letter) if letter in WORDS else 3 for letter in text), 2]


def pooled(model, ids: list[int], pooling: str) -> np.ndarray:
    """One text alone, without any padding, by transformers."""
    with torch.inference_mode():
        hidden = model(torch.tensor([ids])).last_hidden_state[0]
    return (hidden.mean(0) if pooling == "mean" else hidden[0]).numpy()


def require_like(encoder: Encoder, expected: list[np.ndarray], texts: list[str]) -> None:
    encoded = encoder.encode(texts)
    vectors = encoded.vectors * encoded.norms[:, None]
    np.testing.assert_allclose(vectors, expected, atol=5e-6)
    norms = np.linalg.norm(expected, axis=1)
    assert ((encoded.vectors * expected).sum(axis=1) / norms).min() > 0.99999


@pytest.mark.parametrize("pooling", ["mean", "cls"])
@pytest.mark.parametrize("family", PACKED + PADDED)
def test_each_family_is_computed_as_transformers_does(tiny, family: str, pooling: str) -> None:
    directory = tiny(family)
    model = AutoModel.from_pretrained(directory).eval()
    encoder = load_on_cpu(directory, prefix="", pooling=pooling, max_tokens=12, tokens_per_batch=24)
    assert isinstance(encoder.passes.model.model, PackedBert if family in PACKED else PaddedModel)
    require_like(encoder, [pooled(model, ids_of(text), pooling) for text in TEXTS], TEXTS)


@pytest.mark.parametrize("family", ["roberta", "camembert", "mpnet"])
def test_the_longest_text_of_a_family_that_counts_places_from_its_padding(tiny, family: str) -> None:
    directory = tiny(family)
    padding = AutoModel.from_pretrained(directory).embeddings.position_embeddings.padding_idx
    longest = 40 - padding - 1
    encoded = load_on_cpu(directory, prefix="", max_tokens=longest, tokens_per_batch=80).encode(["a" * 60])
    assert encoded.token_counts.tolist() == [longest]
    with pytest.raises(SettingsError, match=f"{longest} at most"):
        load_on_cpu(directory, prefix="", max_tokens=longest + 1, tokens_per_batch=80)


def test_weights_saved_by_a_model_with_a_head_or_by_old_tensorflow_names_are_the_same(tiny) -> None:
    directory = tiny("bert")
    plain = load_on_cpu(directory, prefix="", max_tokens=12).encode(TEXTS).vectors
    file = directory / "model.safetensors"
    renamed = {}
    for name, tensor in load_file(file).items():
        old = name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")
        renamed[f"bert.{old}"] = tensor.clone()
    save_file({**renamed, "cls.predictions.bias": torch.zeros(3)}, file, metadata={"format": "pt"})
    assert load_on_cpu(directory, prefix="", max_tokens=12).encode(TEXTS).vectors.tolist() == plain.tolist()


def test_weights_in_pieces_go_through_transformers_and_are_the_same(tiny) -> None:
    directory = tiny("bert")
    plain = load_on_cpu(directory, prefix="", max_tokens=12)
    model = AutoModel.from_pretrained(directory)
    (directory / "model.safetensors").unlink()
    model.save_pretrained(directory, max_shard_size="4KB")
    assert (directory / "model.safetensors.index.json").exists()
    pieces = load_on_cpu(directory, prefix="", max_tokens=12)
    assert pieces.fingerprint == plain.fingerprint
    assert pieces.encode(TEXTS).vectors.tolist() == plain.encode(TEXTS).vectors.tolist()


def unigram() -> Tokenizer:
    """As XLM-R's, ALBERT's and DeBERTa-v3's: SentencePiece's Unigram."""
    letters = [("<pad>", 0.0), ("<s>", 0.0), ("</s>", 0.0), ("<unk>", -9.0), ("▁", -2.0), ("▁ab", -1.5), ("cd", -1.5)]
    tokenizer = Tokenizer(models.Unigram([*letters, *((letter, -3.0) for letter in "abcdefgh好吃")], unk_id=3))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    return tokenizer


def word_piece() -> Tokenizer:
    """As BERT's."""
    words = ["[PAD]", "<s>", "</s>", "[UNK]", "ab", "##cd", "好", "吃", *"abcdefgh", *(f"##{x}" for x in "abcdefgh")]
    tokenizer = Tokenizer(models.WordPiece({word: n for n, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    return tokenizer


def byte_pairs() -> Tokenizer:
    """As RoBERTa's: bytes, of which any text is made."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    special = ["<pad>", "<s>", "</s>"]
    trainer = trainers.BpeTrainer(
        vocab_size=300, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(["abcd abcd ab cd", "好吃"], trainer)
    return tokenizer


@pytest.mark.parametrize("make", [unigram, word_piece, byte_pairs])
def test_each_kind_of_tokenizer_reads_as_transformers_tokenizer_does(tiny, make) -> None:
    directory: Path = tiny("bert")
    tokenizer = make()
    around = [("<s>", tokenizer.token_to_id("<s>")), ("</s>", tokenizer.token_to_id("</s>"))]
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=around)
    tokenizer.save(str(directory / "tokenizer.json"))
    grow(directory, tokenizer.get_vocab_size())
    model, theirs = AutoModel.from_pretrained(directory).eval(), AutoTokenizer.from_pretrained(directory)
    texts = ["abcd ab", "好吃 abcd", "zz", "a b c d e f g h", "😀"]
    expected = [pooled(model, theirs(text)["input_ids"], "mean") for text in texts]
    require_like(load_on_cpu(directory, prefix="", max_tokens=30, tokens_per_batch=60), expected, texts)


def grow(directory: Path, words: int) -> None:
    """Gives the model of `directory` a table of so many words."""
    model = AutoModel.from_pretrained(directory)
    torch.manual_seed(3)
    model.resize_token_embeddings(words, mean_resizing=False)
    model.save_pretrained(directory)


def test_a_bert_with_a_plain_list_of_words_needs_no_tokenizer_json(tiny) -> None:
    """As the older Chinese checkpoints were saved."""
    directory: Path = tiny("bert")
    for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"):
        (directory / name).unlink(missing_ok=True)
    words = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]", "好", "吃", "ab", "##cd", *"abcdefgh"]
    (directory / "vocab.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
    assert len(words) <= len(WORDS)
    model = AutoModel.from_pretrained(directory).eval()
    expected = [pooled(model, ids, "mean") for ids in ([1, 5, 6, 2], [1, 7, 8, 2])]
    require_like(load_on_cpu(directory, prefix="", max_tokens=12), expected, ["好吃", "abcd"])


def test_a_tokenizer_that_no_installed_library_reads_is_told(tiny) -> None:
    directory: Path = tiny("xlm-roberta")
    for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"):
        (directory / name).unlink(missing_ok=True)
    (directory / "sentencepiece.bpe.model").write_bytes(b"\x0a\x0e\x0a\x05<unk>\x15\0\0\0\0\x18\x02")
    assert json.loads((directory / "config.json").read_text())["model_type"] == "xlm-roberta"
    with pytest.raises(EnvironmentFault, match=r"transformers says(.|\n)*text\.encoder"):
        load_on_cpu(directory, max_tokens=12)
