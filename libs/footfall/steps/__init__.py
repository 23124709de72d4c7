"""What a Step is, how its rows are sorted into valid, quarantined, duplicate and skipped, how a .sql file is run."""
