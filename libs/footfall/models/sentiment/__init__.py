"""Sentiment: how likely a text is negative, neutral or positive."""
