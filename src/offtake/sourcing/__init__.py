"""A requirement's life, pure: the same process under the desk's clock and the simulator's."""
