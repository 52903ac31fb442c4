"""The rivals of P1 section 3.4 in few-shot sizes: CycleGAN, StarGAN, StyleGAN2."""
