"""What starts and stands in on a developer's machine; no app imports it."""
