"""POST /classify: beats in, decisions out."""
