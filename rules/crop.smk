# The crop stage.
