"""How a neural model runs on Spark's workers, whatever it reads: texts today, images and sequences later. Touches nothing by itself."""
