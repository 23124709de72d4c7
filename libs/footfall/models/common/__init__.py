"""What all models share: the declaration, features, scaling, metrics, heads over texts, plots."""
