"""Write a loyalty program's members: GB18030, numbers kept as text by ="...", a letter of four bytes."""

import sys
from pathlib import Path

folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
LINES = (
    "会员号,姓名,手机号,性别,生日,城市,入会日期,积分",
    '="000123",测试甲,="00000000001",男,1990-01-01,上海,2019/5/3,1200',
    '="000124",测试乙,="00000000002",女,,北京,2019/12/31,80',
    '="000125",\U00020bb7野测试,="00000000003",未知,1900-01-01,成都,1998/2/28,0',
    '="000126",测试丁,="00000000004",女,1995-02-30,杭州,2019/2/30,5',
    "NULL,测试戊,,女,,杭州,2020/1/1,5",
)
target = folder / "raw" / "members" / "会员-2024-05.csv"
target.parent.mkdir(parents=True, exist_ok=True)
target.write_bytes(("\r\n".join(LINES) + "\r\n").encode("gb18030"))
