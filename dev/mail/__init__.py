"""The mail catcher: what the shop sends on a developer's machine ends in a folder, and a page shows it."""
