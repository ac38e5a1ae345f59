# The gan stage.
