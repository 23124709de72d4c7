"""Texts to vectors: an encoder without Spark, and `bridge.py`, which runs it on Spark's workers."""
