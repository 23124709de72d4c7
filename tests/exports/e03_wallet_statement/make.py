"""Write a wallet provider's statement: GBK, lines before the header, values padded with blanks and a tab, a last comma."""

import sys
from pathlib import Path

folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
RULE = "-" * 40
WIDTHS = (24, 24, 20, 12, 12, 8, 8, 10, 10)
HEADER = (
    "交易号",
    "商家订单号",
    "付款时间",
    "交易对方",
    "商品名称",
    "金额（元）",
    "收/支",
    "交易状态",
    "成功退款（元）",
)
ROWS = (
    (
        "2024050322000000000001\t",
        "A-1\t",
        "2024-05-03 08:12:00",
        "买家一",
        "燕麦奶",
        "12.50",
        "收入",
        "交易成功",
        "0.00",
    ),
    ("2024050322000000000002\t", "A-2\t", "2024-05-03 08:13:00", "买家二", "茶", "5.00", "收入", "交易成功", "2.00"),
    ("2024050322000000000003\t", "A-3\t", "", "买家二", "茶", "5.00", "", "交易关闭", "0.00"),
)


def padded(values: tuple[str, ...]) -> str:
    """Values filled up with blanks, each with a comma after it, the last one too."""
    return "".join(value.ljust(width) + "," for value, width in zip(values, WIDTHS, strict=True))


lines = (
    "交易记录明细查询",
    "账号:[shop@example.org]",
    "起始日期:[2024-05-01 00:00:00]    终止日期:[2024-06-01 00:00:00]",
    RULE + "交易记录明细列表" + RULE,
    padded(HEADER),
    *(padded(row) for row in ROWS),
    RULE + RULE,
    "共3笔记录",
    "已收入:2笔,17.50元",
)
target = folder / "raw" / "wallet" / "2024-05.csv"
target.parent.mkdir(parents=True, exist_ok=True)
target.write_bytes(("\r\n".join(lines) + "\r\n").encode("gbk"))
