"""How types and shapes are checked while the tests run (`--jaxtyping-packages`): a whole number passes for a float."""

from beartype import BeartypeConf, beartype

check = beartype(conf=BeartypeConf(is_pep484_tower=True))
