"""How we show that an erasure happened: the residue check and the signed certificate."""
