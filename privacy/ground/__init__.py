"""The ground every room stands on: audit trail, states, doorbell, keyed digests, sealed values, references, logs.

Lowest of the wings. It knows no person and no purpose; `privacy.register` does.
"""
