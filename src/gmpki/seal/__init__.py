"""Electronic seals (GM/T 0031, GB/T 38540): made, used, verified, on OFD, PDF and other documents."""
