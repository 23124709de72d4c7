"""What batches brought, measured: shares of broken rows, NULLs, distributions, their drift, and the gate over them. Pure functions."""
