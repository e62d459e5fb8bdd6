"""What telling people of changes leaves behind."""

from privacy.register.declare import declare_not_personal

declare_not_personal("privacy.PolicyVersion", "a text of the shop's own, as it was published")
