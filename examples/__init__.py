"""What neural ODEs are: small studies, each in one file that prints its table and draws its figure; see README.md.

Each file says which publication it follows, and has a `Size` of how much it does (`SMALLEST` for tests, `DEFAULT`,
`FULL`), a `study` that does it and returns what was found, and a `main` that shows it.
"""
