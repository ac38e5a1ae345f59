# facetds: the table of contents. One rules file per stage, in the order of the paper.
from snakemake.utils import min_version

min_version("9.0")


configfile: "config.yaml"


include: "rules/common.smk"
include: "rules/iqa.smk"
include: "rules/select.smk"


rule all:
    default_target: True
    input:
        "results/iqa/summary.csv",
        "results/select/selected.csv",
        "results/select/random.csv",
