"""Which optional things a visitor allows. Nothing optional is loaded yet, so this wing is thin."""
