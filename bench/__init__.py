"""`make bench`: how fast the pages are, each as a ratio to floors that the same server answers in the same run.

Ratios travel between machines; seconds do not. `python -m bench --help` has the options.
"""
