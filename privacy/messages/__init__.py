"""Every message leaves by one door: the outbox. The gate looks again in the worker, at the moment of sending."""
