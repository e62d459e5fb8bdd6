"""A crawl with a real browser: what the pages set, store and load, beside what the register says."""
