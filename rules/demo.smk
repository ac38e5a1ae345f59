# The demo stage.
