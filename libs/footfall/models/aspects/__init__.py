"""Aspects: what a clause praises or blames, and the words that show it."""
