"""Reading files that users name, within bounds that hold for every format of every domain."""
