"""facetds: curated, seed-annotated synthetic faces for Action Unit recognition."""
