"""Networks that turn pictures into features, by name; every report names the one it used."""
