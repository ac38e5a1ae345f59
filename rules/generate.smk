# The generate stage.
