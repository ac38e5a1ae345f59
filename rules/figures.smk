# The figures stage.
