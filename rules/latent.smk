# The latent space: directions, t-SNE, interpolations, the grid (thesis 2.4.2).


rule find_directions:
    input:
        network="results/gan/network.pkl",
    output:
        directions="results/latent/directions.npz",
    log:
        "logs/latent/find_directions.log",
    benchmark:
        "results/benchmarks/latent/find_directions.tsv"
    conda:
        "../envs/latent.yaml"
    threads: 1
    resources:
        mem_mb=grow(4000),
        runtime=grow(30),
    params:
        code=code_of("facetds.latent.find_directions"),
        options=options_of("latent.convention", "latent.layers"),
    message:
        "Find the directions of the network"
    shell:
        "python -m facetds.latent.find_directions --network {input.network:q}"
        " --out {output.directions:q} {params.options} --log {log:q}"


rule sample_w:
    input:
        network="results/gan/network.pkl",
    output:
        samples="results/latent/w.npz",
    log:
        "logs/latent/sample_w.log",
    benchmark:
        "results/benchmarks/latent/sample_w.tsv"
    conda:
        "../envs/latent.yaml"
    threads: 1
    resources:
        mem_mb=grow(4000),
        runtime=grow(30),
    params:
        code=code_of("facetds.latent.sample_w"),
        options=options_of("latent.samples"),
    message:
        "Map seeds to w"
    shell:
        "python -m facetds.latent.sample_w --network {input.network:q}"
        " --out {output.samples:q} {params.options} --log {log:q}"


rule embed_tsne:
    input:
        samples="results/latent/w.npz",
    output:
        embedding="results/latent/tsne.csv",
        mse="results/latent/tsne_mse.csv",
    log:
        "logs/latent/embed_tsne.log",
    benchmark:
        "results/benchmarks/latent/embed_tsne.tsv"
    conda:
        "../envs/latent.yaml"
    threads: 1
    resources:
        mem_mb=grow(2000),
        runtime=grow(120),
    params:
        code=code_of("facetds.latent.embed_tsne"),
        options=options_of("seed", "latent.perplexities", "latent.iterations", "latent.starts"),
    message:
        "Embed the sampled w by t-SNE"
    shell:
        "python -m facetds.latent.embed_tsne --samples {input.samples:q}"
        " --out {output.embedding:q} --mse {output.mse:q} {params.options} --log {log:q}"


rule interpolate:
    input:
        network="results/gan/network.pkl",
    output:
        sheet=report(
            "results/latent/interpolation.png",
            caption="../report/fig-2.4-interpolation.rst",
            category="Latent space",
            labels={"figure": "Interpolation"},
        ),
        table="results/latent/interpolation.csv",
    log:
        "logs/latent/interpolate.log",
    benchmark:
        "results/benchmarks/latent/interpolate.tsv"
    conda:
        "../envs/latent.yaml"
    threads: 1
    resources:
        mem_mb=grow(4000),
        runtime=grow(30),
    params:
        code=code_of("facetds.latent.interpolate"),
        options=options_of("latent.path", "latent.steps", "latent.psi"),
    message:
        "Draw the ways from one seed to another"
    shell:
        "python -m facetds.latent.interpolate --network {input.network:q}"
        " --out {output.sheet:q} --table {output.table:q} {params.options} --log {log:q}"


rule draw_grid:
    input:
        network="results/gan/network.pkl",
        directions="results/latent/directions.npz",
        samples="results/latent/w.npz",
    output:
        sheet=report(
            "results/latent/grid.png",
            caption="../report/fig-2.4-grid.rst",
            category="Latent space",
            labels={"figure": "Seed x index x degree"},
        ),
        table="results/latent/grid.csv",
    log:
        "logs/latent/draw_grid.log",
    benchmark:
        "results/benchmarks/latent/draw_grid.tsv"
    conda:
        "../envs/latent.yaml"
    threads: 1
    resources:
        mem_mb=grow(4000),
        runtime=grow(30),
    params:
        code=code_of("facetds.latent.draw_grid"),
        options=options_of(
            "latent.grid_seeds", "latent.grid_indexes", "latent.grid_degrees", "latent.psi"
        ),
    message:
        "Draw seeds along the directions"
    shell:
        "python -m facetds.latent.draw_grid --network {input.network:q}"
        " --directions {input.directions:q} --samples {input.samples:q}"
        " --out {output.sheet:q} --table {output.table:q} {params.options} --log {log:q}"


# On request alone: one seed along one direction, such as results/latent/strip-14-2.png.
rule draw_strip:
    input:
        network="results/gan/network.pkl",
        directions="results/latent/directions.npz",
        samples="results/latent/w.npz",
    output:
        sheet="results/latent/strip-{seed}-{index}.png",
        table="results/latent/strip-{seed}-{index}.csv",
    log:
        "logs/latent/draw_strip-{seed}-{index}.log",
    benchmark:
        "results/benchmarks/latent/draw_strip-{seed}-{index}.tsv"
    conda:
        "../envs/latent.yaml"
    threads: 1
    resources:
        mem_mb=grow(4000),
        runtime=grow(30),
    params:
        code=code_of("facetds.latent.draw_grid"),
        options=options_of("latent.grid_degrees", "latent.psi"),
    message:
        "Draw seed {wildcards.seed} along direction {wildcards.index}"
    shell:
        "python -m facetds.latent.draw_grid --network {input.network:q}"
        " --directions {input.directions:q} --samples {input.samples:q}"
        " --grid-seeds {wildcards.seed} --grid-indexes {wildcards.index}"
        " --out {output.sheet:q} --table {output.table:q} {params.options} --log {log:q}"


# On request alone: a film from seed to seed, such as results/latent/walk-3-14.gif or
# results/latent/walk-3-14-22.mp4.
rule film_walk:
    input:
        network="results/gan/network.pkl",
    output:
        film="results/latent/walk-{stops}.{format}",
    log:
        "logs/latent/film_walk-{stops}.{format}.log",
    benchmark:
        "results/benchmarks/latent/film_walk-{stops}.{format}.tsv"
    conda:
        "../envs/latent.yaml"
    threads: 1
    resources:
        mem_mb=grow(4000),
        runtime=grow(60),
    params:
        code=code_of("facetds.latent.film_walk"),
        stops=lambda wildcards: wildcards.stops.replace("-", " --stops "),
        options=options_of("latent.walk", "latent.walk_images", "latent.rate", "latent.psi"),
    message:
        "Film the walk {wildcards.stops}"
    shell:
        "python -m facetds.latent.film_walk --network {input.network:q} --out {output.film:q}"
        " --stops {params.stops} {params.options} --log {log:q}"
