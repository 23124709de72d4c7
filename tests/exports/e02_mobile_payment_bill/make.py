"""Write a merchant's bill as a mobile payment provider does: a back-tick before each value, sums with a header of theirs."""

import sys
from pathlib import Path

folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
HEADER = (
    "交易时间,公众账号ID,商户号,微信订单号,商户订单号,用户标识,交易类型,交易状态,货币种类,"
    "应结订单金额,商户退款单号,退款金额,商品名称,手续费,费率"
)
ROWS = (
    (
        "2024-05-03 08:12:00",
        "4200000001",
        "A-1",
        "oExample-1",
        "SUCCESS",
        "12.50",
        "",
        "0.00",
        "燕麦奶",
        "0.08000",
        "0.60%",
    ),
    ("2024-05-03 23:59:59", "4200000002", "A-2", "oExample-2", "SUCCESS", "5.00", "", "0.00", "茶", "0.03000", "0.60%"),
    (
        "2024-05-04 00:00:00",
        "4200000001",
        "A-1",
        "oExample-1",
        "REFUND",
        "0.00",
        "R-1",
        "12.50",
        "燕麦奶",
        "-0.08000",
        "0.60%",
    ),
)
SUMS_HEADER = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额"
SUMS = ("3", "17.50", "12.50", "0.00", "0.03000")


def row(values: tuple[str, ...]) -> str:
    """Values with a back-tick before each, so that a spreadsheet takes them as text."""
    return ",".join("`" + value for value in values)


lines = [HEADER]
for time, number, order, person, state, amount, refund, refunded, name, fee, rate in ROWS:
    lines.append(
        row(
            (
                time,
                "wx0000example",
                "1900000000",
                number,
                order,
                person,
                "JSAPI",
                state,
                "CNY",
                amount,
                refund,
                refunded,
                name,
                fee,
                rate,
            )
        )
    )
lines += [SUMS_HEADER, row(SUMS)]
target = folder / "raw" / "pay" / "20240503.csv"
target.parent.mkdir(parents=True, exist_ok=True)
target.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(lines).encode() + b"\r\n")
