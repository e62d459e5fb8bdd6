"""What the shop holds about people and why: declarations, data subjects, policy profiles.

Every app declares its tables in its own `personal_data.py` with the words of `privacy.register.declare`;
`privacy.register.registry` answers questions about them; `privacy.checks` fails when something is undeclared.
"""
