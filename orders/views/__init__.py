"""The pages of this app: the bag, the checkout, and a customer's orders."""
