"""Methods: tableaus of numbers, and what a step makes of them."""
