"""An imagined shop whose truth is known: what people do, what the shop logs of it, and what nobody in a real shop knows.

`plan` says how large the shop is, `world` what it sells, `people` who is hidden behind its customers. `block` makes all
that some hundred people do, without Spark; `logs`, `orders`, `catalogue` and `truth` make frames of it.
"""
