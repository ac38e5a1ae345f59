"""Files in the structure of the official pickles, built by hand out of our networks.

Only the structure is theirs (which global names are asked for, and what a module reduces to). The
embedded source is text of ours, which leaves a mark if anyone runs it.
"""

import pickle
import sys
import types
from contextlib import contextmanager

import numpy as np
import torch


def source_that_marks(canary):
    """Source text that makes the file `canary` when it is executed."""
    return f"open({str(canary)!r}, 'w').write('run')\n" + "# padding\n" * 50


@contextmanager
def fake_modules():
    """Modules of the official names, so that pickle writes these; nothing in them does anything."""
    names = ("torch_utils.persistence", "dnnlib.util", "dnnlib.tflib.network")
    made = {}
    for name in names:
        parts = name.split(".")
        for depth in range(1, len(parts) + 1):
            path = ".".join(parts[:depth])
            made.setdefault(path, types.ModuleType(path))
    made["torch_utils.persistence"]._reconstruct_persistent_obj = _function(
        "_reconstruct_persistent_obj", "torch_utils.persistence"
    )
    made["dnnlib.util"].EasyDict = EasyDict
    made["dnnlib.tflib.network"].Network = Network
    assert not set(made) & set(sys.modules)
    sys.modules.update(made)
    try:
        yield made
    finally:
        for name in made:
            del sys.modules[name]


def _function(name, module):
    def function(*_):
        raise AssertionError("only its name is used")

    function.__name__ = function.__qualname__ = name
    function.__module__ = module
    return function


class EasyDict(dict):
    """A dict that pickle takes for the official one."""


EasyDict.__module__ = "dnnlib.util"
EasyDict.__qualname__ = "EasyDict"


class Network:
    """What pickle takes for a network of TensorFlow."""


Network.__module__ = "dnnlib.tflib.network"
Network.__qualname__ = "Network"


class Persistent:
    """A module as the official code pickles it."""

    def __init__(self, modules, meta):
        self.modules, self.meta = modules, meta

    def __reduce__(self):
        function = self.modules["torch_utils.persistence"]._reconstruct_persistent_obj
        return function, (self.meta,)


def pickle_torch(path, networks, source="", flat=False, p=0.25, protocol=4, change=None):
    """Write {"G", "D", "G_ema"} of our networks as an official pickle.

    flat: as stylegan3 writes them. change(content): alters what is pickled.
    """
    with fake_modules() as modules:

        def persist(module, class_name=None, **extra):
            state = {
                "training": False,
                "_parameters": dict(module._parameters),
                "_buffers": dict(module._buffers),
                "_non_persistent_buffers_set": set(),
                "_backward_hooks": torch.nn.Module()._backward_hooks,
                "_modules": {k: m and persist(m) for k, m in module._modules.items()},
                "weight_gain": np.float64(0.5),
                **extra,
            }
            meta = {
                "type": "class",
                "version": 6,
                "module_src": source,
                "class_name": class_name or type(module).__name__,
                "state": state,
            }
            return Persistent(modules, meta)

        def top(network):
            kwargs = easy(network.init_kwargs)
            if flat and "synthesis_kwargs" in kwargs:
                synthesis = kwargs.pop("synthesis_kwargs")
                kwargs |= {"num_fp16_res": 0, "conv_clamp": None, **synthesis}
                kwargs["fused_modconv_default"] = "inference_only"
            if flat:
                # Left out where they are what stylegan3 takes by default.
                kwargs = EasyDict({k: v for k, v in kwargs.items() if FLAT.get(k) != v})
            return persist(network, _init_args=(), _init_kwargs=kwargs)

        pipe = torch.nn.Module()
        pipe.register_buffer("p", torch.tensor(p))
        content = {"training_set_kwargs": EasyDict(path="faces.zip"), "augment_pipe": None}
        content |= {name: top(network) for name, network in networks.items()}
        content["augment_pipe"] = persist(pipe, "AugmentPipe", _init_args=(), _init_kwargs={})
        if change:
            change(content)
        path.write_bytes(pickle.dumps(content, protocol=protocol))
    return path


FLAT = {"num_fp16_res": 4, "conv_clamp": 256}


def easy(value):
    """Return dicts as the official kind of dict."""
    if isinstance(value, dict):
        return EasyDict({key: easy(item) for key, item in value.items()})
    return value


def pickle_tensorflow(path, g, d, g_ema, source="", version=5, change=None, protocol=3):
    """Write our networks (skip generator, resnet discriminator, no labels) as TensorFlow's pickle.

    The turns of axes here are written the other way round than in the reader, by hand.
    """
    with fake_modules():
        parts = (_tf_generator(g), _tf_discriminator(d), _tf_generator(g_ema))
        content = tuple(_tf_network(*part, source, version) for part in parts)
        if change:
            change(content)
        path.write_bytes(pickle.dumps(content, protocol=protocol))
    return path


def _tf_network(static, variables, components, source, version):
    network = Network()
    network.__dict__ |= {
        "version": version,
        "name": "G",
        "static_kwargs": easy(static),
        "components": {
            name: _tf_network({}, part, {}, source, version) for name, part in components.items()
        },
        "build_module_src": source,
        "build_func_name": "G_main",
        "variables": list(variables.items()),
    }
    return network


def _tf_generator(g):
    kwargs = g.init_kwargs
    state = {name: value.detach().numpy() for name, value in g.state_dict().items()}
    mapping, synthesis = {}, {}
    for i in range(kwargs["mapping_kwargs"]["num_layers"]):
        mapping[f"Dense{i}/weight"] = state[f"mapping.fc{i}.weight"].T.copy()
        mapping[f"Dense{i}/bias"] = state[f"mapping.fc{i}.bias"]
    synthesis["4x4/Const/const"] = state["synthesis.b4.const"][None]
    noise = 0
    for r in g.synthesis.block_resolutions:
        names = {"conv1": "Conv", "torgb": "ToRGB"}
        if r > 4:
            names = {"conv0": "Conv0_up", "conv1": "Conv1", "torgb": "ToRGB"}
        for ours, theirs in names.items():
            key, place = f"synthesis.b{r}.{ours}", f"{r}x{r}/{theirs}"
            weight = state[f"{key}.weight"]
            if ours == "conv0":
                weight = np.flip(weight, (2, 3))
            synthesis[f"{place}/weight"] = np.ascontiguousarray(np.moveaxis(weight, (0, 1), (3, 2)))
            synthesis[f"{place}/bias"] = state[f"{key}.bias"]
            synthesis[f"{place}/mod_weight"] = state[f"{key}.affine.weight"].T.copy()
            synthesis[f"{place}/mod_bias"] = state[f"{key}.affine.bias"] - np.float32(1)
            if ours != "torgb":
                synthesis[f"{place}/noise_strength"] = np.float32(state[f"{key}.noise_strength"])
                synthesis[f"noise{noise}"] = state[f"{key}.noise_const"][None, None]
                noise += 1
    static = {
        "latent_size": kwargs["z_dim"],
        "dlatent_size": kwargs["w_dim"],
        "mapping_fmaps": kwargs["w_dim"],
        "mapping_layers": kwargs["mapping_kwargs"]["num_layers"],
        **_tf_widths(kwargs["synthesis_kwargs"], g),
    }
    components = {"mapping": mapping, "synthesis": synthesis}
    return static, {"lod": np.float32(0), "dlatent_avg": state["mapping.w_avg"]}, components


def _tf_discriminator(d):
    state = {name: value.detach().numpy() for name, value in d.state_dict().items()}
    variables = {}
    names = {"fromrgb": "FromRGB", "conv0": "Conv0", "conv1": "Conv1_down", "skip": "Skip"}
    for r in d.block_resolutions:
        for ours, theirs in names.items():
            _tf_conv(variables, f"{r}x{r}/{theirs}", state, f"b{r}.{ours}")
    _tf_conv(variables, "4x4/Conv", state, "b4.conv")
    for ours, theirs in {"b4.fc": "4x4/Dense0", "b4.out": "Output"}.items():
        variables[f"{theirs}/weight"] = state[f"{ours}.weight"].T.copy()
        variables[f"{theirs}/bias"] = state[f"{ours}.bias"]
    group = d.init_kwargs["epilogue_kwargs"]["mbstd_group_size"]
    return {"mbstd_group_size": group, **_tf_widths(d.init_kwargs, d)}, variables, {}


def _tf_conv(variables, place, state, key):
    for name in ("weight", "bias"):
        value = state.get(f"{key}.{name}")
        if value is not None:
            turned = np.moveaxis(value, (0, 1), (3, 2)) if name == "weight" else value
            variables[f"{place}/{name}"] = np.ascontiguousarray(turned)


def _tf_widths(kwargs, network):
    return {
        "resolution": network.img_resolution,
        "num_channels": network.img_channels,
        "label_size": 0,
        "fmap_base": kwargs["channel_base"] // 2,
        "fmap_max": kwargs["channel_max"],
    }
