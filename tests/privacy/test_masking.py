"""What is hidden in a text before it is shown, and what is not."""

import pytest

from footfall.privacy.masking import masked


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("ring me: +49 170 1234567 please", "ring me: … please"),
        ("打13800138000找我", "打…找我"),
        ("身份证11010519491231002X", "身份证…"),
        ("mail li.wei+shop@mail.example.com!", "mail …!"),
        ("see https://shop.example/track?id=77&u=li now", "see … now"),
        ("ask @li_wei88", "ask …"),
        ("order HD-20171203 is late", "order … is late"),
        ("qq123456789 or wechat13800138000", "qq… or wechat…"),
        ("１３８００１３８０００", "…"),
        ("li＠example．com", "…"),
        ("an li@o\ufb03ce.com, \ufb01ona@example.com", "an …, …"),
        ("card 6222 0212 3456 7890", "card …"),
        ("太差！电话１３８００１３８０００，别买。", "太差！电话…，别买。"),
    ],
)
def test_what_may_name_somebody_is_hidden(written: str, shown: str) -> None:
    assert masked(written) == shown


@pytest.mark.parametrize(
    "written",
    [
        "15.6寸屏幕, 4g内存",
        "paid 1299.00 in 2017",
        "cost 1,299 euros",
        "第3天才到",
        "5-star hotel, room 1207",
        "质量太差，不会再买。",
        "",
    ],
)
def test_prices_sizes_and_years_stay(written: str) -> None:
    assert masked(written) == written
