"""What people may type into the pages and the desk of privacy, a file for each noun."""
