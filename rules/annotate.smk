# The annotate stage.
