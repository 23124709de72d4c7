"""What a source's mapping may say, and YAML read with the line of every fault."""
