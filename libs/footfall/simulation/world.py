"""What the imagined shop sells: items with names, popularity, quality, prices and stock a day, and what they cost it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from footfall.simulation.draws import Floats, Ints, StoredDraws, generator
from footfall.simulation.plan import SimulationPlan

# category: (department, nouns, median price in cents)
CATEGORIES: dict[str, tuple[str, tuple[str, ...], int]] = {
    "bread": ("grocery", ("rye loaf", "baguette", "bagel", "flatbread"), 320),
    "dairy": ("grocery", ("milk", "yoghurt", "butter", "kefir"), 290),
    "cheese": ("grocery", ("cheddar", "brie", "feta", "gouda"), 640),
    "fruit": ("grocery", ("apples", "pears", "berries", "oranges"), 380),
    "vegetables": ("grocery", ("carrots", "salad", "peppers", "potatoes"), 260),
    "meat": ("grocery", ("chicken", "beef", "sausages", "ham"), 890),
    "sweets": ("grocery", ("chocolate", "biscuits", "toffee", "wafers"), 330),
    "coffee": ("drinks", ("espresso beans", "filter coffee", "decaf", "coffee pods"), 990),
    "tea": ("drinks", ("green tea", "black tea", "herb tea", "oolong"), 540),
    "water": ("drinks", ("still water", "sparkling water", "tonic", "lemonade"), 190),
    "juice": ("drinks", ("orange juice", "apple juice", "smoothie", "nectar"), 310),
    "cleaning": ("household", ("dish soap", "detergent", "sponges", "glass cleaner"), 560),
    "paper": ("household", ("kitchen roll", "napkins", "tissues", "baking paper"), 430),
    "kitchen": ("household", ("pan", "knife", "kettle", "chopping board"), 2900),
    "storage": ("household", ("basket", "box", "shelf", "hooks"), 1800),
    "hair": ("beauty", ("shampoo", "conditioner", "hair oil", "brush"), 720),
    "skin": ("beauty", ("hand cream", "face wash", "sun cream", "balm"), 980),
    "toys": ("leisure", ("puzzle", "building blocks", "plush bear", "kite"), 1900),
    "books": ("leisure", ("novel", "cook book", "atlas", "notebook"), 1500),
    "garden": ("leisure", ("seeds", "watering can", "gloves", "planter"), 1300),
    "shirts": ("clothes", ("shirt", "blouse", "polo shirt", "jumper"), 3200),
    "shoes": ("clothes", ("trainers", "sandals", "boots", "slippers"), 5900),
    "audio": ("electronics", ("headphones", "speaker", "radio", "microphone"), 6900),
    "cables": ("electronics", ("charger", "cable", "adapter", "power bank"), 1700),
}
CATEGORY_NAMES = tuple(CATEGORIES)
CATEGORY_WEIGHTS = np.array([9, 10, 5, 9, 9, 7, 6, 4, 2, 5, 4, 4, 4, 1, 1, 2, 2, 1, 1, 1, 1, 0.7, 0.6, 0.8])
ADJECTIVES = (
    "classic",
    "fresh",
    "fine",
    "organic",
    "small",
    "large",
    "daily",
    "mild",
    "bright",
    "soft",
    "plain",
    "rich",
)
BRANDS = ("Alder", "Birch", "Cedar", "Dune", "Elm", "Fjord", "Grove", "Heath", "Isle", "Juniper")
POPULARITY_SIGMA = 1.86  # of a lognormal: of Complete Journey's lines 32% are of 1% of its items, 72% of 10%
PRICE_DRIFT = 0.04  # of the logarithm of all prices
MEAN_ORDERS_A_DAY, MEAN_LINES, MEAN_UNITS = 0.14, 9.0, 1.35  # what stock is planned for


@dataclass(frozen=True)
class ShopWorld:
    """Items by their number, categories contiguous; `by_day` arrays have one column a day."""

    category: Ints
    brand: Ints
    noun: Ints
    adjective: Ints
    size: Ints
    introduced_day: Ints  # before the first day: -1
    quality: Floats  # 0 to 1: what reviews and returns follow
    popularity: Floats  # share within the category
    regular_cents: Ints  # before the first change
    cost_share: Floats  # of the regular price
    price_cents: npt.NDArray[np.int32]  # by day
    stock: npt.NDArray[np.int32]  # by day: units that can be sold
    cumulative: Floats  # popularity summed, plus the category's number
    first_of_category: Ints

    def pick(self, category: Ints, share: Floats) -> Ints:
        """Items of these categories, by popularity; `share` are uniform draws."""
        item = np.searchsorted(self.cumulative, category + np.minimum(share, 1 - 1e-9), side="right")
        return np.minimum(item, len(self.category) - 1).astype(np.int64)

    def there_on(self, item: Ints, day: Ints) -> Ints:
        """The items, and in the place of one that is not there yet the first of its category."""
        return np.where(self.introduced_day[item] > day, self.first_of_category[self.category[item]], item)


@lru_cache(maxsize=2)
def world_of(plan: SimulationPlan) -> ShopWorld:
    """The shop of a plan; the same in every process."""
    rng = generator(plan.seed, "world")
    count = plan.items
    category = _categories(count)
    base = np.array([CATEGORIES[name][2] for name in CATEGORY_NAMES])[category]
    regular = np.maximum(49, np.round(base * rng.lognormal(0.0, 0.45, count) / 10) * 10 - 1).astype(np.int64)
    first = np.searchsorted(category, np.arange(len(CATEGORY_NAMES)))
    introduced = np.where(rng.random(count) < 0.1, rng.integers(0, plan.days, count), -1)
    introduced[first] = -1  # an item of each category is there from the beginning
    weight = rng.lognormal(0.0, POPULARITY_SIGMA, count)
    popularity = weight / np.bincount(category, weight, len(CATEGORY_NAMES))[category]
    cumulative = np.concatenate([np.cumsum(popularity[category == c]) + c for c in range(len(CATEGORY_NAMES))])
    prices = _prices(plan, regular)
    return ShopWorld(
        category=category,
        brand=rng.integers(0, len(BRANDS), count),
        noun=rng.integers(0, 4, count),
        adjective=rng.integers(0, len(ADJECTIVES), count),
        size=rng.choice(np.array([1, 2, 4, 6, 10]), count),
        introduced_day=introduced,
        quality=rng.beta(6.0, 2.5, count),
        popularity=popularity,
        regular_cents=regular,
        cost_share=rng.uniform(0.45, 0.8, count),
        price_cents=prices,
        stock=_stock(plan, category, popularity),
        cumulative=cumulative,
        first_of_category=first,
    )


def _categories(count: int) -> Ints:
    """Every category has an item, the others by weight."""
    extra = count - len(CATEGORY_NAMES)
    ends = np.round(np.cumsum(CATEGORY_WEIGHTS) / CATEGORY_WEIGHTS.sum() * extra).astype(np.int64)
    return np.repeat(np.arange(len(CATEGORY_NAMES)), np.diff(ends, prepend=0) + 1)


def _prices(plan: SimulationPlan, regular: Ints) -> npt.NDArray[np.int32]:
    """Regular prices that change every two months or so, and weeks at 20% less, of which each item has few."""
    cents = np.empty((plan.items, plan.end), dtype=np.int32)
    weeks = np.arange(-(-plan.end // 7))
    for item in _item_chunks(plan):
        draws = StoredDraws(plan.seed, "price", item[:, None], np.arange(plan.end))
        changed = draws.uniform("changes") < 1 / 60
        changed[:, 0] = False
        level = np.zeros(changed.shape)
        level[changed] = 0.07 * draws.normal("change")[changed]
        level = np.cumsum(level, axis=1)
        level[:, drift_day(plan) :] += PRICE_DRIFT  # a rise of all prices, on one day
        promoted = StoredDraws(plan.seed, "promotion", item[:, None], weeks).uniform("is on") < 0.05
        factor = np.where(np.repeat(promoted, 7, axis=1)[:, : plan.end], 0.8, 1.0)
        cents[item] = np.maximum(19, np.round(regular[item][:, None] * np.exp(level) * factor))
    return cents


def _stock(plan: SimulationPlan, category: Ints, popularity: Floats) -> npt.NDArray[np.int32]:
    """Units an item has on each day: mostly enough, and a tenth of it while a supplier does not deliver."""
    share = popularity * (CATEGORY_WEIGHTS / CATEGORY_WEIGHTS.sum())[category]
    expected = plan.people * MEAN_ORDERS_A_DAY * MEAN_LINES * MEAN_UNITS * share
    usual = np.ceil(1.4 * expected + 3.0 * np.sqrt(expected) + 2)
    stock = np.empty((plan.items, plan.end), dtype=np.int32)
    for item in _item_chunks(plan):
        starts = StoredDraws(plan.seed, "stock", item[:, None], np.arange(plan.end)).uniform("outage") < 1 / 150
        is_out = starts.copy()
        for later in range(1, 4):  # an outage lasts four days
            is_out[:, later:] |= starts[:, : max(plan.end - later, 0)]
        stock[item] = np.where(is_out, np.floor(0.1 * usual[item])[:, None], usual[item][:, None])
    return stock


def _item_chunks(plan: SimulationPlan) -> Iterator[Ints]:
    """Item numbers, some thousand at a time: what is drawn for each day of each would not fit into memory at once."""
    for first in range(0, plan.items, 4096):
        yield np.arange(first, min(first + 4096, plan.items))


def drift_day(plan: SimulationPlan) -> int:
    """The day from which prices are higher and more people leave: two thirds through."""
    return plan.days * 2 // 3
