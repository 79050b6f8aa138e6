"""FMI 2.0 co-simulation unit of a control law: description, source, binary.

Source: Modelica Association, Functional Mock-up Interface 2.0.4, 2022, sections 2.1, 2.2 and 4.2.
"""

import io
import platform
import tempfile
import zipfile
from functools import lru_cache
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from ingenium.domains.autonomy.compiled import USE
from ingenium.domains.autonomy.law import Wiring
from ingenium.edge.c_export import CText, shared_library

_STAMP = (2000, 1, 1, 0, 0, 0)  # of every member, so that the same unit has the same bytes
_UNIT = CText(
    r"""/* FMI 2.0 for co-simulation around NAME.c: inputs wanted and seen, output action. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#define Q @q@
#define M @m@
typedef void *fmi2Component;
typedef unsigned int fmi2ValueReference;
typedef double fmi2Real;
typedef int fmi2Integer;
typedef int fmi2Boolean;
typedef char fmi2Char;
typedef const fmi2Char *fmi2String;
typedef char fmi2Byte;
typedef void *fmi2FMUstate;
typedef enum { fmi2OK, fmi2Warning, fmi2Discard, fmi2Error, fmi2Fatal, fmi2Pending } fmi2Status;
typedef struct { double value[2 * Q + M], memory[Q + M]; } unit;
void NAME_act(const double *, const double *, const double *, double *);
void NAME_learn(double *, const double *, const double *, const double *);

static void begin(unit *u) {
  memset(u, 0, sizeof *u);
  for (int q = 0; q < Q; q++) u->memory[q] = NAN;
}
const char *fmi2GetTypesPlatform(void) { return "default"; }
const char *fmi2GetVersion(void) { return "2.0"; }
fmi2Component fmi2Instantiate(fmi2String name, int type, fmi2String guid, fmi2String place,
                              const void *functions, fmi2Boolean visible, fmi2Boolean logging) {
  (void)name; (void)place; (void)functions; (void)visible; (void)logging;
  if (type != 1 || strcmp(guid, "@guid@")) return NULL;
  unit *u = malloc(sizeof *u);
  if (u) begin(u);
  return u;
}
void fmi2FreeInstance(fmi2Component c) { free(c); }
fmi2Status fmi2SetDebugLogging(fmi2Component c, fmi2Boolean on, size_t n, const fmi2String k[]) {
  (void)c; (void)on; (void)n; (void)k; return fmi2OK;
}
fmi2Status fmi2SetupExperiment(fmi2Component c, fmi2Boolean t, fmi2Real a, fmi2Real b,
                               fmi2Boolean s, fmi2Real d) {
  (void)c; (void)t; (void)a; (void)b; (void)s; (void)d; return fmi2OK;
}
fmi2Status fmi2EnterInitializationMode(fmi2Component c) { (void)c; return fmi2OK; }
fmi2Status fmi2ExitInitializationMode(fmi2Component c) { (void)c; return fmi2OK; }
fmi2Status fmi2Terminate(fmi2Component c) { (void)c; return fmi2OK; }
fmi2Status fmi2Reset(fmi2Component c) { begin(c); return fmi2OK; }
fmi2Status fmi2GetReal(fmi2Component c, const fmi2ValueReference r[], size_t n, fmi2Real v[]) {
  for (size_t i = 0; i < n; i++) {
    if (r[i] >= 2 * Q + M) return fmi2Error;
    v[i] = ((unit *)c)->value[r[i]];
  }
  return fmi2OK;
}
fmi2Status fmi2SetReal(fmi2Component c, const fmi2ValueReference r[], size_t n,
                       const fmi2Real v[]) {
  for (size_t i = 0; i < n; i++) {
    if (r[i] >= 2 * Q) return fmi2Error;
    ((unit *)c)->value[r[i]] = v[i];
  }
  return fmi2OK;
}
fmi2Status fmi2DoStep(fmi2Component c, fmi2Real now, fmi2Real step, fmi2Boolean last) {
  unit *u = c;
  (void)now; (void)last;
  if (fabs(step - @period_s@) > 1e-9) return fmi2Discard;
  NAME_act(u->memory, u->value + Q, u->value, u->value + 2 * Q);
  NAME_learn(u->memory, u->value + Q, u->value, u->value + 2 * Q);
  return fmi2OK;
}
fmi2Status fmi2CancelStep(fmi2Component c) { (void)c; return fmi2Error; }
@none@
"""
)
# Functions that the standard requires and this unit does not use, with their arguments.
_NONE = (
    *(f"Get{t}(fmi2Component c, const fmi2ValueReference r[], size_t n, fmi2{t} v[])"
      for t in ("Integer", "Boolean", "String")),
    *(f"Set{t}(fmi2Component c, const fmi2ValueReference r[], size_t n, const fmi2{t} v[])"
      for t in ("Integer", "Boolean", "String")),
    "GetFMUstate(fmi2Component c, fmi2FMUstate *r)",
    "SetFMUstate(fmi2Component c, fmi2FMUstate r)",
    "FreeFMUstate(fmi2Component c, fmi2FMUstate *r)",
    "SerializedFMUstateSize(fmi2Component c, fmi2FMUstate r, size_t *n)",
    "SerializeFMUstate(fmi2Component c, fmi2FMUstate r, fmi2Byte v[], size_t n)",
    "DeSerializeFMUstate(fmi2Component c, const fmi2Byte v[], size_t n, fmi2FMUstate *r)",
    "GetStatus(fmi2Component c, const int r, fmi2Status *v)",
    "GetRealStatus(fmi2Component c, const int r, fmi2Real *v)",
    "GetIntegerStatus(fmi2Component c, const int r, fmi2Integer *v)",
    "GetBooleanStatus(fmi2Component c, const int r, fmi2Boolean *v)",
    "GetStringStatus(fmi2Component c, const int r, fmi2String *v)",
)  # fmt: skip
_DERIVATIVES = """\
fmi2Status fmi2SetRealInputDerivatives(fmi2Component c, const fmi2ValueReference r[], size_t n,
                                       const fmi2Integer o[], const fmi2Real v[]) {
  (void)c; (void)r; (void)n; (void)o; (void)v; return fmi2Error;
}
fmi2Status fmi2GetRealOutputDerivatives(fmi2Component c, const fmi2ValueReference r[], size_t n,
                                        const fmi2Integer o[], fmi2Real v[]) {
  (void)c; (void)r; (void)n; (void)o; (void)v; return fmi2Error;
}
fmi2Status fmi2GetDirectionalDerivative(fmi2Component c, const fmi2ValueReference r[], size_t n,
    const fmi2ValueReference k[], size_t m, const fmi2Real d[], fmi2Real v[]) {
  (void)c; (void)r; (void)n; (void)k; (void)m; (void)d; (void)v; return fmi2Error;
}"""


@lru_cache(maxsize=256)
def _binary(name: str, source: str, unit_source: str) -> bytes:
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "unit.so"
        shared_library({f"{name}.c": source, "fmi2_unit.c": unit_source}, file, USE)
        return file.read_bytes()


def parts(name: str, source: str, wiring: Wiring) -> dict[str, bytes]:
    """Return all members of the unit of a law."""
    guid = str(uuid5(NAMESPACE_URL, source))
    unit_source = _unit_source(name, guid, wiring)
    here = "linux64" if platform.machine() in ("x86_64", "AMD64") else platform.machine()
    return {
        "modelDescription.xml": _description(name, guid, wiring).encode(),
        f"sources/{name}.c": source.encode(),
        "sources/fmi2_unit.c": unit_source.encode(),
        f"binaries/{here}/{name}.so": _binary(name, source, unit_source),
    }


def unit(name: str, source: str, wiring: Wiring) -> bytes:
    """Return the whole file."""
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in parts(name, source, wiring).items():
            archive.writestr(zipfile.ZipInfo(member, _STAMP), content, zipfile.ZIP_DEFLATED)
    return found.getvalue()


def _unit_source(name: str, guid: str, wiring: Wiring) -> str:
    m, q = wiring.senses.shape
    none = []
    for head in _NONE:
        used = " ".join(f"(void){a};" for a in "crnv" if f" {a}" in head or f"*{a}" in head)
        none.append(f"fmi2Status fmi2{head} {{\n  {used} return fmi2Error;\n}}")
    functions = "\n".join([*none, _DERIVATIVES])
    entries = {"none": functions, "q": q, "m": m, "guid": guid, "period_s": wiring.period_s}
    return _UNIT.filled(entries).replace("NAME", name)


def _description(name: str, guid: str, wiring: Wiring) -> str:
    m, q = wiring.senses.shape
    rows, number = [], 0
    for kind, count, causality, start in (
        ("wanted", q, "input", ' start="0"'),
        ("seen", q, "input", ' start="0"'),
        ("action", m, "output", ""),
    ):
        for i in range(count):
            rows.append(
                f'    <ScalarVariable name="{kind}[{i}]" valueReference="{number}" '
                f'causality="{causality}" variability="discrete"><Real{start}/></ScalarVariable>'
            )
            number += 1
    outputs = "".join(f'<Unknown index="{2 * q + 1 + i}"/>' for i in range(m))
    body = "\n".join(rows)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<fmiModelDescription fmiVersion="2.0" modelName="{name}" guid="{guid}"
    generationTool="ingenium" numberOfEventIndicators="0">
  <CoSimulation modelIdentifier="{name}" canHandleVariableCommunicationStepSize="false">
    <SourceFiles><File name="{name}.c"/><File name="fmi2_unit.c"/></SourceFiles>
  </CoSimulation>
  <DefaultExperiment stepSize="{wiring.period_s:.9g}"/>
  <ModelVariables>
{body}
  </ModelVariables>
  <ModelStructure>
    <Outputs>{outputs}</Outputs>
    <InitialUnknowns>{outputs}</InitialUnknowns>
  </ModelStructure>
</fmiModelDescription>
"""
