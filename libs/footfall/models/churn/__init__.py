"""Churn: the probability that somebody orders nothing within the horizon."""
