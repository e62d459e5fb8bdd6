"""The pages of privacy: the account's ledger, the public form, the policy and its neighbours, the certificates."""
