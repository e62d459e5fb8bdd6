"""Every page as a browser meets it."""
