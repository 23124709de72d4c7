"""Intents by key words: the baseline that a model of intents must beat. A list written once, before anything was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

FALLBACK = "other"
WORDS: Mapping[str, Sequence[str]] = {
    "where_is_my_parcel": (
        "快递", "物流", "包裹", "发货", "送到", "没到", "还没收到", "配送", "签收", "单号", "到哪", "派送", "取件",
        "parcel", "package", "deliver", "tracking", "shipped", "courier", "carrier", "arrive", "where is my",
    ),
    "refund": (
        "退款", "退钱", "退货", "退回", "退给", "差价", "押金", "到账", "refund", "money back", "return", "reimburse",
        "charged twice", "deposit", "paid for",
    ),
    "exchange": (
        "换货", "换一", "换成", "调换", "换个", "想换", "尺码", "大一号", "小一号", "发错", "exchange", "swap", "replace",
        "wrong size", "another size", "larger", "smaller",
    ),
    "defect": (
        "坏", "破", "碎", "裂", "漏", "故障", "不能用", "没反应", "质量问题", "变质", "发霉", "过期", "少配件", "broken", "defect",
        "crack", "leak", "faulty", "stopped working", "doesn't work", "missing part", "mould", "rotten", "torn",
    ),
    "invoice": ("发票", "开票", "抬头", "税号", "报销", "专票", "收据", "小票", "invoice", "receipt", "vat", "bill", "tax"),
    "coupon": (
        "优惠", "券", "折扣", "满减", "积分", "红包", "兑换", "coupon", "voucher", "discount", "promo", "points", "gift card",
    ),
    "account": (
        "账号", "账户", "登录", "登陆", "密码", "验证码", "注销", "会员", "手机号", "绑定", "account", "log in", "login",
        "password", "sign in", "email address", "membership", "profile",
    ),
    "complaint": (
        "投诉", "态度", "差评", "骗", "敷衍", "恶劣", "说法", "经理", "骂", "complain", "rude", "manager", "unacceptable",
        "terrible", "nobody answers", "disgusting", "shame",
    ),
}  # fmt: skip


def by_words(text: str) -> str:
    """The intent of which the most words stand in the text, the first of equals; FALLBACK where there is none.

    >>> by_words("My voucher isn't accepted"), by_words("几点关门")
    ('coupon', 'other')
    """
    plain = text.casefold()
    counts = {intent: sum(word in plain for word in words) for intent, words in WORDS.items()}
    best = max(counts, key=lambda intent: counts[intent])
    return best if counts[best] else FALLBACK
