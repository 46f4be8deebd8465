"""Reports: cards, tables and figures."""
