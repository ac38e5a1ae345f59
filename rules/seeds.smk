# The seeds stage.
