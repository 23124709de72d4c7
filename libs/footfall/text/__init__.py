"""Texts to vectors: an encoder without Spark, and `bridge.py` that runs it on workers. Touches nothing by itself."""
