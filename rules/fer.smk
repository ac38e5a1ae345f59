# The fer stage.
