"""DST's transfer network and its losses (P2 section 3.1)."""
