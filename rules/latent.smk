# The latent stage.
