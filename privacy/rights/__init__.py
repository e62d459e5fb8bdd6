"""What a person may ask of us, and how it is carried out: requests, clocks, erasure, access."""
