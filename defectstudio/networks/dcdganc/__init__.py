"""DCDGANc (Wei et al., CVPR workshops 2023): generator with OD-SPADE, encoder, discriminator."""
