"""What proving privacy costs: access, erasure, retention and sweep beside hand-written SQL for the same work."""
