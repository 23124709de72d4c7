"""Pages made from the code: tables, settings, the picture of the flow. Reads contracts, settings and Steps; no session, no lake."""
