"""Who the customer is: the account, the addresses on it, and how one proves to be its owner."""
