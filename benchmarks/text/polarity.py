"""A small list of good and bad words, the baseline that a model of clauses must beat. Own writing, fixed before judging."""

from __future__ import annotations

import re

GOOD = """
好 不错 很棒 棒 赞 喜欢 满意 漂亮 好看 美观 精美 精致 舒服 舒适 干净 整洁 安静 方便 便宜 实惠 划算 超值 值得 推荐 热情 周到 耐心 礼貌 友好 贴心
快 及时 新鲜 好吃 美味 可口 香 清晰 流畅 稳定 结实 耐用 强大 合适 合身 齐全 丰富 优秀 完美 精彩 感动 有趣 经典 生动 惊喜 开心 高兴 愉快 豪华 宽敞
大方 轻巧 小巧 时尚 强 高 优惠 感谢 支持 值 够用 可以 顺利 细腻 优美 深刻 受益
good great excellent perfect love loved nice lovely beautiful fast quick clean quiet comfortable cheap friendly helpful
polite fresh tasty delicious easy simple sturdy solid sharp gorgeous happy pleased recommend worth best fine bright smooth
clear warm spacious elegant bargain painless kind
""".split()
BAD = """
差 坏 烂 糟 糟糕 失望 后悔 垃圾 脏 臭 吵 旧 陈旧 破 破旧 慢 贵 难吃 难看 难用 难受 麻烦 问题 毛病 故障 缺点 遗憾 可惜 不足 投诉 恶劣 冷淡 生气 郁闷
无语 上当 骗 假 盗版 粗糙 简陋 噪音 霉味 异味 死机 蓝屏 发热 烫 太小 太重 太薄 拥挤 狭小 幼稚 肤浅 无聊 枯燥 乏味 空洞 浪费 晕 恶心 讨厌 可怜 暗 模糊
太少 太短 弱 低 偏小 破损 掉漆 划痕 瑕疵 不值 没有 不够 不行 不好 勉强 一般 马虎
bad poor terrible awful broken broke slow late dirty noisy loud rude expensive overpriced small tight cheaply ugly stale bland
cold weak disappointed disappointing disappointment waste hard difficult confusing missing wrong crushed torn damaged faulty
fell leaked stuck smell smelled boring worse worst never refused ignored thin flimsy problem scratched cracked dead died hot
""".split()
CHINESE = r"[\u4e00-\u9fff]"
NEGATION = re.compile(r"(?:不是很|不怎么|不太|不够|不是|并不|不|没有|没|无|别|\bnot |n't |\bno |\bnever |\bhardly )(?:\w{0,6} )?$", re.I)
WORDS = re.compile(
    "|".join(
        re.escape(word) if re.match(CHINESE, word) else rf"\b{word}\b"
        for word in sorted({*GOOD, *BAD}, key=len, reverse=True)
    ),
    re.IGNORECASE,
)


def polarity(clause: str) -> int:
    """Good words less bad ones, a negated word counting for the other side."""
    score = 0
    for match in WORDS.finditer(clause):
        sign = 1 if match.group().lower() in GOOD else -1
        score += -sign if NEGATION.search(clause[: match.start()]) else sign
    return score


def sentiment_by_words(clause: str) -> str:
    """negative, neutral or positive."""
    score = polarity(clause)
    return "positive" if score > 0 else "negative" if score < 0 else "neutral"
