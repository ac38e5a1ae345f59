"""Pickles that try to make a file when they are loaded: the known tricks, built by hand."""

import io
import marshal
import pickle

import torch


def constant(value):
    """Instructions that put a plain value on the stack."""
    return pickle.dumps(value, protocol=2)[2:-1]


def name(module, attribute):
    """Instructions that ask for a global."""
    return f"c{module}\n{attribute}\n".encode()


def call(function, *arguments):
    """Instructions that call what `function` put on the stack with plain values or instructions."""
    parts = [a if isinstance(a, bytes) else constant(a) for a in arguments]
    return function + b"(" + b"".join(parts) + b"tR"


def whole(instructions, protocol=2):
    """Return a pickle of instructions."""
    return bytes([0x80, protocol]) + instructions + b"."


class Payload:
    """An object whose unpickling runs a shell command."""

    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        import os

        return os.system, (self.command,)


def legacy_torch(value):
    """Return what torch.save wrote before version 1.6."""
    buffer = io.BytesIO()
    torch.save(value, buffer, _use_new_zipfile_serialization=False)
    return buffer.getvalue()


def calls(canary):
    """Return {trick: (instructions, global that is to be named)}; all try to make `canary`."""
    shell, python = f"touch {canary}", f"open({canary!r}, 'w').close()"
    code = marshal.dumps(compile(python, "x", "exec"))
    system, get = name("os", "system"), name("builtins", "getattr")
    module = call(name("importlib", "import_module"), "os")
    here = name("builtins", "globals")
    interpreter = call(name("code", "InteractiveInterpreter"))
    evil = pickle.dumps(Payload(shell))
    nested = legacy_torch(Payload(shell))
    path = call(name("pathlib", "PosixPath"), canary)
    listed = {
        "H001 os.system": (call(system, shell), "os.system"),
        "H003 Popen": (call(name("subprocess", "Popen"), ["touch", canary]), "subprocess.Popen"),
        "H004 exec": (call(name("builtins", "exec"), python), "builtins.exec"),
        "H005 eval": (call(name("builtins", "eval"), python), "builtins.eval"),
        "H006 importlib": (call(call(get, module, "system"), shell), "builtins.getattr"),
        "H007 runpy": (call(name("runpy", "_run_code"), python, {}), "runpy._run_code"),
        "H008 pip": (call(name("pip", "main"), ["--version"]), "pip.main"),
        "H009 timeit": (
            call(name("timeit", "main"), ["-n1", "-r1", python]), "timeit.main"),
        "H010 profile": (call(name("cProfile", "run"), python), "cProfile.run"),
        "H011 bdb": (call(call(get, call(name("bdb", "Bdb")), "run"), python), "builtins.getattr"),
        "H012 code": (call(call(get, interpreter, "runsource"), python), "builtins.getattr"),
        "H013 numpy.testing": (
            call(name("numpy.testing", "runstring"), python, {}), "numpy.testing.runstring"),
        "H014 f2py": (
            call(name("numpy.f2py.crackfortran", "myeval"), python), "crackfortran.myeval"),
        "H015 collect_env": (
            call(name("torch.utils.collect_env", "run"), shell), "collect_env.run"),
        "H016 execWrapper": (
            call(name("torch.jit.unsupported_tensor_ops", "execWrapper"), python, {}, {}),
            "execWrapper"),
        "H017 nested torch": (
            call(name("torch.storage", "_load_from_bytes"), call(name("_codecs", "encode"),
                 nested.decode("latin1"), "latin1")), "_codecs.encode"),
        "H017 nested torch, protocol 3": (
            call(name("torch.storage", "_load_from_bytes"),
                 pickle.dumps(nested, protocol=3)[2:-1]), "posix.system"),
        "H018 marshal": (
            call(call(name("types", "FunctionType"), call(name("marshal", "loads"),
                 pickle.dumps(code, protocol=3)[2:-1]), call(here))), "types.FunctionType"),
        "H019 cloudpickle": (call(name("cloudpickle", "loads"), "x"), "cloudpickle.loads"),
        "H020 pickle": (
            call(name("pickle", "loads"), pickle.dumps(evil, protocol=3)[2:-1]), "pickle.loads"),
        "H021 yaml": (
            call(name("yaml", "unsafe_load"), f"!!python/object/apply:os.system [{shell!r}]"),
            "yaml.unsafe_load"),
        "H022 sympy": (call(name("sympy", "sympify"), python), "sympy.sympify"),
        "H023 snakemake": (call(name("snakemake.shell", "shell"), shell), "snakemake.shell"),
        "H024 pathlib": (call(call(get, path, "touch")), "builtins.getattr"),
        "H025 copyfile": (
            call(name("shutil", "copyfile"), "/etc/hostname", canary), "shutil.copyfile"),
        "H026 sqlite": (call(name("sqlite3", "connect"), canary), "sqlite3.connect"),
        "H027 urllib": (
            call(name("urllib.request", "urlopen"), "file:///etc/passwd"), "urllib.request"),
        "H028 socket": (call(name("socket", "create_connection"), ("127.0.0.1", 1)), "socket."),
        "H029 ctypes": (call(name("ctypes", "CDLL"), "nothing.so"), "ctypes.CDLL"),
        "H030 logging": (call(name("logging", "FileHandler"), canary), "logging.FileHandler"),
        "H031 tensorflow": (
            call(name("tensorflow.io", "write_file"), canary, "x"), "tensorflow.io.write_file"),
        "H032 methodcaller": (
            call(call(name("operator", "methodcaller"), "system", shell), module),
            "operator.methodcaller"),
        "H033 partial": (
            call(call(name("functools", "partial"), system, shell)), "functools.partial"),
        "H034 setattr": (
            call(name("builtins", "setattr"), call(name("importlib", "import_module"), "json"),
                 "made", canary), "builtins.setattr"),
        "H039 broken end": (call(system, shell) + b"\xff\xff", "os.system"),
        "H040 hidden": (b"(" + call(system, shell) + b"1N", "os.system"),
        "H042 memo": (
            name("collections", "OrderedDict") + b"q\x00" + system + b"q\x00h\x00"
            + b"(" + constant(shell) + b"tR", "os.system"),
    }  # fmt: skip
    return {trick: (whole(made), words) for trick, (made, words) in listed.items()}


def tricks(canary):
    """Return {trick: (bytes, what the refusal says)} of all pickles that try to make `canary`."""
    shell, system = f"touch {canary}", name("os", "system")
    stack_global = constant("posix") + constant("system") + b"\x93"
    allowed = name("torch._utils", "_rebuild_parameter")
    return {
        **calls(canary),
        "H002 STACK_GLOBAL": (whole(call(stack_global, shell), 4), "posix.system"),
        "H035 BUILD": (whole(allowed + constant({"__code__": 1}) + b"b"), "BUILD"),
        "H036 INST": (whole(b"(" + constant(shell) + b"ios\nsystem\n"), "instruction INST"),
        "H037 OBJ": (whole(b"(" + system + constant(shell) + b"o"), "os.system"),
        "H037 OBJ alone": (whole(b"(" + constant(1) + b"o"), "instruction OBJ"),
        "H038 protocol 0": (
            f"cos\nsystem\n(S{shell!r}\ntR.".encode(), "neither a pickle nor a zip"),
        "H041 second pickle": (whole(constant(1)) + whole(call(system, shell)), "after its end"),
        "H043 EXT1": (whole(b"\x82\x01"), "instruction EXT1"),
        "H050 legacy torch": (legacy_torch(Payload(shell)), "after its end"),
        "persistent id": (whole(constant("x") + b"Q"), "BINPERSID"),
        "NEWOBJ_EX": (
            whole(allowed + constant(()) + constant({}) + b"\x92", 4), "instruction NEWOBJ_EX"),
        "call of data": (whole(constant("x") + constant(()) + b"R"), "calls what is no part"),
        "NEWOBJ of a function": (
            whole(system + constant((shell,)) + b"\x81"), "os.system"),
        "dotted name": (
            whole(call(constant("builtins") + constant("exec.__call__") + b"\x93", "1"), 4),
            "builtins.exec.__call__"),
        "deep key": (whole(b"}" + b")" + b"\x85" * 90_000 + b"Ns"), "neither text nor number"),
    }  # fmt: skip
