# facetds: the table of contents. One rules file per stage, in the order of the paper.
from snakemake.utils import min_version

min_version("9.0")


configfile: f"{workflow.basedir}/config.yaml"


include: "rules/common.smk"
include: "rules/demo.smk"
include: "rules/data.smk"
include: "rules/crop.smk"
include: "rules/gan.smk"
include: "rules/latent.smk"
include: "rules/seeds.smk"
include: "rules/generate.smk"
include: "rules/iqa.smk"
include: "rules/select.smk"
include: "rules/annotate.smk"
include: "rules/fer.smk"
include: "rules/common_figures.smk"
include: "rules/figures.smk"


rule all:
    default_target: True
    input:
        "results/demo/contact_sheet.png" if uses_stand_in("cfd") and uses_stand_in("disfa") else [],
        "results/crop/contact_sheet.png",
        "results/seeds/gallery.png",
        "results/seeds/lists.csv",
        "results/report.html",
        find_main_ensemble(),
