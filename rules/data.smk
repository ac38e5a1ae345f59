# The data stage.
