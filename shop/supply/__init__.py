"""Where the goods come from: reading the shipped data, and putting on the shelves what is not there yet."""
