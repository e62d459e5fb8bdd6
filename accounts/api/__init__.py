"""The account's part of the API, and the plumbing all of it shares."""
