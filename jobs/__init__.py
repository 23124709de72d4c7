"""The jobs, in the order in which data flows: ingest, refine, featurize, understand_text, train, score, report; maintain beside them."""
