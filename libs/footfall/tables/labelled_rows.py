"""Contract of rows of features with a label from elsewhere, on which models are tried. Declarations only."""

from footfall.contract import Column, Layer, Rule, Table
from footfall.tables.columns import ARRIVED, CLOCKS, hashed_id
from footfall.tables.refined import PROPERTIES

LABEL_KINDS = ("binary", "number", "class")

LABELLED_ROWS = Table(
    name="labelled_rows",
    layer=Layer.REFINED,
    version=1,
    grain="one row per row of features with a label given from outside, to train and judge models; none is the shop's",
    columns=(
        hashed_id("row_id"),
        Column("origin", "string", "public set that it comes from"),
        CLOCKS[-1],
        Column("label_kind", "string", ", ".join(LABEL_KINDS), required=True),
        Column("label", "double", "1 or 0 of kind binary, the number of kind number; NULL: a class"),
        Column("label_class", "string", "name of the class of kind class; NULL: another kind"),
        Column("features", "map<string,double>", "numbers by name, as `features` lists them; empty ones are left out"),
        PROPERTIES,
        ARRIVED,
    ),
    key=("row_id", "origin"),
    rules=(
        Rule("label_kind_known", f"label_kind IN {LABEL_KINDS}"),
        Rule(
            "has_its_label",
            "(label_kind = 'class') = (label IS NULL) AND (label_kind = 'class') = (label_class IS NOT NULL)",
        ),
        Rule("binary_is_0_or_1", "label_kind != 'binary' OR label IN (0, 1)"),
        Rule("has_features", "coalesce(size(features), 0) + coalesce(size(properties), 0) > 0"),
    ),
)
