"""A local server that speaks Stripe: the part of the API a hosted-Checkout shop uses, with state.

What it is for: the demo and the tests, so that they, Stripe's test mode and live differ by one address and two keys.
What it is not: a Stripe emulator for other integrations; nothing outside ``dev`` imports it, it is only ever talked to
over HTTP. Start reading at ``till`` (what happens to money), then ``api`` (how requests reach it).
"""
