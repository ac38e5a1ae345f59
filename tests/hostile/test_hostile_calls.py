"""No code of the workflow calls what runs foreign code or follows foreign paths."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = sorted((ROOT / "workflow_scripts").rglob("*.py"))
RULES = [ROOT / "Snakefile", *sorted((ROOT / "rules").glob("*.smk"))]
FORBIDDEN = {
    *("pickle.load", "pickle.loads", "pickle.Unpickler", "joblib.load", "pd.read_pickle"),
    *("pandas.read_pickle", "yaml.load", "yaml.unsafe_load", "cv2.imread", "os.system", "eval"),
    *("exec", "marshal.loads", "cloudpickle.loads"),
}
PACKAGE = ROOT / "workflow_scripts/facetds"
# The modules that may open files of a kind: they know what can be wrong with one.
OPENERS = {
    "Image.open": ("foreign.py",),
    "cv2.VideoCapture": ("foreign.py",),
    "openpyxl.load_workbook": ("foreign.py",),
    "torch.load": ("foreign.py",),
    "safe_open": ("foreign.py",),
    "np.load": ("foreign.py", "fer/inputs.py"),
    "h5py.File": ("fer/weight_files.py",),
    "keras.models.load_model": ("fer/model_files.py",),
    "pd.read_csv": ("tables.py", "figures/provenance.py"),
    "yaml.safe_load": ("review/__main__.py", "figures/build_report.py"),
    "pickletools.genops": ("gan/pickle_machine.py",),
    "tarfile.open": (),
}
# Placeholders whose value can hold a path.
UNQUOTED = re.compile(r"\{(?:input|output|log)(?:[.\[][^}:]*)?\}")


def forbidden_calls(source: str) -> list[str]:
    """Return the forbidden calls of Python source, each with its line."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        options = {k.arg: ast.unparse(k.value) for k in node.keywords}
        if (
            name in FORBIDDEN
            or name.endswith(".extractall")
            or (name == "torch.load" and options.get("weights_only") != "True")
            or (name.endswith("load_model") and options.get("safe_mode") != "True")
            or options.get("allow_pickle") == "True"
            or options.get("shell") == "True"
        ):
            found.append(f"{node.lineno}: {ast.unparse(node)}")
    return found


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_code_calls_nothing_forbidden(path):
    assert forbidden_calls(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_are_opened_where_they_are_checked(path):
    tree = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    called = {ast.unparse(node.func) for node in tree if isinstance(node, ast.Call)}
    place = path.relative_to(PACKAGE).as_posix()
    assert [name for name in called & set(OPENERS) if place not in OPENERS[name]] == []


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.name)
def test_rules_quote_paths(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [f"{n}: {line}" for n, line in enumerate(lines, 1) if UNQUOTED.search(line)] == []


@pytest.mark.parametrize(
    "call",
    [
        "pickle.load(f)", "torch.load(p)", "torch.load(p, weights_only=False)", "joblib.load(p)",
        "np.load(p, allow_pickle=True)", "yaml.load(t)", "z.extractall(p)", "cv2.imread(p)",
        "subprocess.run(c, shell=True)", "keras.models.load_model(p)",
        "keras.models.load_model(p, safe_mode=False)",
    ],
)  # fmt: skip
def test_each_forbidden_call_is_found(call):
    assert len(forbidden_calls(call)) == 1


def test_unquoted_paths_are_found():
    assert UNQUOTED.search("cp {input} x")
    assert UNQUOTED.search("cp {input.a} x")
    assert not UNQUOTED.search("cp {input.a:q} {output:q}")
