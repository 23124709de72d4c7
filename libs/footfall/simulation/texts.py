"""Reviews, messages and survey answers: templates, which say so, with labels that are known because they were chosen first."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from footfall.simulation import identifiers as ids
from footfall.simulation.baskets import INTENTS
from footfall.simulation.orders import customer, days_after, is_within, mail_of_order
from footfall.simulation.plan import CALL, CHANNELS, STORE, SimulationPlan

# sentiment -> language -> templates; {item} is the name of the item
REVIEWS: dict[str, dict[str, tuple[str, ...]]] = {
    "negative": {
        "en": (
            "The {item} came broken, I am disappointed.",
            "Bad quality, I would not buy {item} again.",
            "Much too expensive for what {item} is.",
            "The parcel was late and the {item} does not work.",
            "{item}: it looks nothing like the picture.",
        ),
        "zh": ("{item}质量很差,不会再买了。", "{item}坏了,很失望。", "太贵了,{item}不值这个价。", "等了很久,{item}还有破损。"),
    },
    "neutral": {
        "en": (
            "The {item} is all right, nothing special.",
            "{item} is as described.",
            "I have not used the {item} much yet.",
            "Average {item} for an average price.",
        ),
        "zh": ("{item}一般般,还行。", "{item}和描述的一样。", "{item}还没怎么用。"),
    },
    "positive": {
        "en": (
            "Great {item}, it came quickly and well packed.",
            "I love the {item}, good value for money.",
            "Very good quality, the {item} is better than I thought.",
            "The {item} works well, I will order again.",
            "Fresh and tasty, {item} is my favourite.",
        ),
        "zh": ("{item}很好用,物流也快。", "质量不错,{item}很喜欢。", "{item}性价比高,还会再买。", "包装很好,{item}很满意。"),
    },
}  # fmt: skip
# intent -> language -> templates; {order} is the number of the order
MESSAGES: dict[str, dict[str, tuple[str, ...]]] = {
    "where_is_my_parcel": {
        "en": (
            "Where is my parcel? Order {order}.",
            "My order {order} has not come yet.",
            "When will {order} be delivered?",
        ),
        "zh": ("我的包裹到哪里了?订单{order}", "订单{order}还没有收到。"),
    },
    "refund": {
        "en": ("I want my money back for {order}.", "Please refund order {order}."),
        "zh": ("订单{order}我要退款。", "请退钱,订单{order}。"),
    },
    "exchange": {
        "en": ("Can I swap an item of {order} for another size?", "Please exchange what I got with {order}."),
        "zh": ("订单{order}可以换一个尺码吗?", "我想换货,订单{order}。"),
    },
    "defect": {
        "en": ("Something in order {order} is broken.", "An item of {order} stopped working after a day."),
        "zh": ("订单{order}里的东西坏了。", "收到的商品有问题,订单{order}。"),
    },
    "invoice": {
        "en": ("Please send me an invoice for {order}.", "I need the bill for order {order}."),
        "zh": ("请开发票,订单{order}。", "订单{order}的发票在哪里?"),
    },
    "coupon": {
        "en": ("My coupon was not taken off order {order}.", "Why did the voucher not work for {order}?"),
        "zh": ("优惠券没有用上,订单{order}。", "订单{order}为什么不能用优惠券?"),
    },
    "account": {
        "en": ("I cannot log in to my account.", "How do I change the address in my account?"),
        "zh": ("我登录不了账号。", "怎么修改账号里的地址?"),
    },
    "complaint": {
        "en": ("Your service is poor, and nobody answers about {order}.", "I am unhappy with how {order} was handled."),
        "zh": ("服务太差了,订单{order}没有人管。", "我要投诉,订单{order}。"),
    },
}
ANSWERS: dict[str, dict[str, tuple[str, ...]]] = {
    "low": {"en": ("It took too long.", "I was not happy this time."), "zh": ("太慢了。", "这次不满意。")},
    "middle": {"en": ("It was fine.", "No complaints, no praise."), "zh": ("还可以。", "一般。")},
    "high": {"en": ("Quick and friendly, thank you.", "All went well."), "zh": ("很快,谢谢。", "很满意。")},
}
CALL_SHARE = 4  # of so many messages one is a call, of which the call centre keeps a line


def sentiment(rating: Column) -> Column:
    """The label of a review, by its stars."""
    return F.when(rating <= 2, "negative").when(rating == 3, "neutral").otherwise("positive")


def _template(templates: dict[str, dict[str, tuple[str, ...]]], label: Column, number: Column) -> Column:
    """The template of a label and of the language of the row's person, by any whole number."""
    text = F.lit(None).cast("string")
    for name, by_language in templates.items():
        for language, choices in by_language.items():
            fits = (label == name) & (F.col("in_chinese") == (language == "zh"))
            choice = F.element_at(F.array(*map(F.lit, choices)), (F.pmod(number, F.lit(len(choices))) + 1).cast("int"))
            text = F.when(fits, choice).otherwise(text)
    return text


def _language() -> Column:
    return F.when(F.col("in_chinese"), "zh").otherwise("en")


def reviews(plan: SimulationPlan, lines: DataFrame, names: DataFrame) -> DataFrame:
    """Reviews of lines that were sold; `names` has `item` and `item_name`. `label` is the truth, and no column of the log."""
    days = F.col("review_days")
    rows = lines.where(F.col("is_sold") & ~F.col("is_guest") & days.isNotNull() & is_within(plan, days))
    label = sentiment(F.col("rating"))
    text = _template(REVIEWS, label, F.col("line_template"))
    return rows.join(F.broadcast(names), "item").select(
        F.concat(F.lit("V"), ids.code(plan, "review", F.col("person"), F.col("order_key"), F.col("line"))).alias("review_id"),
        customer().alias("customer_id"),
        days_after(plan, days).alias("written_at"),
        ids.item_id(F.col("item")).alias("item_id"),
        ids.order_id(plan, F.col("person"), F.col("order_key")).alias("order_id"),
        F.col("rating").cast("int").alias("stars"),
        _language().alias("language"),
        F.replace(text, F.lit("{item}"), F.col("item_name")).alias("text"),
        label.alias("label"),
        ids.date_of(plan, F.col("day") + days).alias("day"),
    )  # fmt: skip


def is_call() -> Column:
    """Whether a message came by telephone."""
    return (F.pmod(F.col("order_template"), F.lit(CALL_SHARE)) == 0) | (F.col("channel") == CALL)


def tickets(plan: SimulationPlan, lines: DataFrame) -> DataFrame:
    """Messages to the shop's service; `label` is what their writer wants, and no column of the log."""
    days = F.col("ticket_days")
    rows = lines.where((F.col("line_number") == 1) & ~F.col("is_guest") & days.isNotNull() & is_within(plan, days))
    label = ids.name_of(INTENTS, F.col("intent"))
    order = ids.order_id(plan, F.col("person"), F.col("order_key"))
    channel = F.when(F.col("channel") == STORE, "web").otherwise(ids.name_of(CHANNELS, F.col("channel")))
    return rows.select(
        F.concat(F.lit("T"), ids.code(plan, "ticket", F.col("person"), F.col("order_key"))).alias("ticket_id"),
        customer().alias("customer_id"),
        days_after(plan, days).alias("received_at"),
        order.alias("order_id"),
        F.when(is_call(), "call_centre").otherwise(channel).alias("channel"),
        _language().alias("language"),
        F.replace(_template(MESSAGES, label, F.floor(F.col("order_template") / CALL_SHARE)), F.lit("{order}"), order).alias("message"),
        label.alias("label"),
        ids.date_of(plan, F.col("day") + days).alias("day"),
    )  # fmt: skip


def surveys(plan: SimulationPlan, lines: DataFrame) -> DataFrame:
    """Answers to a survey after an order: 0 to 10, and a sentence."""
    days = F.col("survey_days")
    rows = lines.where((F.col("line_number") == 1) & ~F.col("is_guest") & days.isNotNull() & is_within(plan, days))
    label = F.when(F.col("score") <= 6, "low").when(F.col("score") <= 8, "middle").otherwise("high")
    return rows.select(
        F.concat(F.lit("Q"), ids.code(plan, "survey", F.col("person"), F.col("order_key"))).alias("answer_id"),
        customer().alias("customer_id"),
        mail_of_order(plan).alias("email"),
        days_after(plan, days).alias("answered_at"),
        ids.order_id(plan, F.col("person"), F.col("order_key")).alias("order_id"),
        F.col("score").cast("int").alias("score"),
        _language().alias("language"),
        _template(ANSWERS, label, F.col("order_template")).alias("comment"),
        ids.date_of(plan, F.col("day") + days).alias("day"),
    )  # fmt: skip
