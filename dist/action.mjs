// lambda-src/action/main.ts
import { fileURLToPath } from "node:url";

// lambda-src/action/run-action.ts
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";

// lambda-src/core/errors.ts
var ReasonedError = class extends Error {
};
var ConfigError = class extends ReasonedError {
  constructor(faults) {
    super(faults.join("\n"));
    this.faults = faults;
  }
  faults;
  name = "ConfigError";
  reason = "settings-invalid";
};

// lambda-src/core/oci/descriptor.ts
var digestPattern = /^sha256:[0-9a-f]{64}$/;
function isDigest(text2) {
  return typeof text2 === "string" && digestPattern.test(text2);
}

// lambda-src/core/oci/json-document.ts
var code = (character) => character.charCodeAt(0);
var quotationMark = code('"');
var backslash = code("\\");
var comma = code(",");
var colon = code(":");
var openingBracket = code("[");
var closingBracket = code("]");
var openingBrace = code("{");
var closingBrace = code("}");
var whitespace = new Set([" ", "	", "\n", "\r"].map(code));
var wordCharacters = new Set(Array.from("+-.0123456789Eaeflnrstu", code));
var decoder = new TextDecoder("utf-8", { ignoreBOM: true });
var replacementCharacter = Uint8Array.of(239, 191, 189);

// lambda-src/core/oci/quotation.ts
var maximumCharacters = 200;
function quoteText(text2) {
  return `"${escape(text2)}"${ellipsisOf(text2)}`;
}
function escapeText(text2) {
  return escape(text2) + ellipsisOf(text2);
}
function escape(text2) {
  const quoted = JSON.stringify(text2.slice(0, maximumCharacters)).slice(1, -1);
  return quoted.replace(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`
  );
}
function ellipsisOf(text2) {
  return text2.length > maximumCharacters ? "\u2026" : "";
}

// lambda-src/core/oci/json-fields.ts
function dropUndefined(fields) {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== void 0)
  );
}

// lambda-src/core/oci/reference.ts
var layoutPrefix = "oci:";
var archivePrefix = "oci-archive:";
var dockerArchivePrefix = "docker-archive:";
var tagPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
var registryPattern = /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?$/;
var repositoryPattern = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
var maximumRepositoryCharacters = 256;
var maximumRegistryCharacters = 255;
var maximumPort = 65535;
function isTag(text2) {
  return tagPattern.test(text2);
}
function isRepository(text2) {
  return text2.length <= maximumRepositoryCharacters && repositoryPattern.test(text2);
}
function parseReference(text2) {
  if (text2.startsWith(layoutPrefix)) {
    const { path, tag, digest } = parsePath(
      text2,
      layoutPrefix,
      "oci:DIR, the path of an OCI image layout directory"
    );
    return dropUndefined({ kind: "layout", directory: path, tag, digest });
  }
  if (text2.startsWith(archivePrefix)) {
    const { path, tag, digest } = parsePath(
      text2,
      archivePrefix,
      "oci-archive:FILE, the path of a tar of an OCI image layout"
    );
    return dropUndefined({ kind: "archive", file: path, tag, digest });
  }
  if (text2.startsWith(dockerArchivePrefix)) {
    refuse(
      text2,
      "this format does not have the layers that a registry will have, so an index of them would not fit. Docker 25 and later saves an OCI layout: name it oci-archive:FILE. Convert an older one: skopeo copy docker-archive:FILE oci-archive:NEW"
    );
  }
  return parseRegistryReference(text2);
}
function formatReference(reference) {
  const name = formatPlace(reference);
  const tag = reference.tag === void 0 ? "" : `:${reference.tag}`;
  const digest = reference.digest === void 0 ? "" : `@${reference.digest}`;
  return `${name}${tag}${digest}`;
}
function formatPlace(reference) {
  switch (reference.kind) {
    case "layout":
      return layoutPrefix + reference.directory;
    case "archive":
      return archivePrefix + reference.file;
    case "registry":
      return `${reference.registry}/${reference.repository}`;
  }
}
function parseRegistryReference(text2) {
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(text2)?.[0];
  if (scheme !== void 0) refuse(text2, `write it without ${escapeText(scheme)}`);
  const { name: nameAndTag, digest } = cutDigest(text2, text2);
  const slash = nameAndTag.indexOf("/");
  const registry = nameAndTag.slice(0, Math.max(slash, 0));
  if (!/[.:]/.test(registry) && registry !== "localhost") {
    refuse(
      text2,
      "expected REGISTRY/REPO, where the registry is a host name such as docker.io or localhost:5000"
    );
  }
  if (!isRegistry(registry)) {
    refuse(text2, `${quoteText(registry)} is no host name with an optional port`);
  }
  const path = nameAndTag.slice(slash + 1);
  const colon2 = path.indexOf(":");
  const repository = colon2 < 0 ? path : path.slice(0, colon2);
  if (!isRepository(repository)) {
    refuse(
      text2,
      `${quoteText(repository)} is no repository name: lower-case letters and digits, separated by single . _ - or /, at most ${maximumRepositoryCharacters} characters`
    );
  }
  const tag = colon2 < 0 ? void 0 : checkTag(path.slice(colon2 + 1), text2);
  const latest = tag === void 0 && digest === void 0 ? "latest" : void 0;
  return dropUndefined({ kind: "registry", registry, repository, tag: tag ?? latest, digest });
}
function isRegistry(text2) {
  const match = text2.length <= maximumRegistryCharacters ? registryPattern.exec(text2) : null;
  if (match === null) return false;
  const port = match[1];
  return port === void 0 || Number(port) >= 1 && Number(port) <= maximumPort;
}
function parsePath(text2, prefix, expected) {
  const { name, digest } = cutDigest(text2.slice(prefix.length), text2);
  const colon2 = name.lastIndexOf(":");
  const hasTag = colon2 >= 0 && !name.includes("/", colon2);
  const path = hasTag ? name.slice(0, colon2) : name;
  const tag = hasTag ? checkTag(name.slice(colon2 + 1), text2) : void 0;
  if (path === "" || path.includes("\0")) refuse(text2, `expected ${expected}`);
  return { path, tag, digest };
}
function cutDigest(name, text2) {
  const at = name.lastIndexOf("@");
  const digest = name.slice(at + 1);
  if (at >= 0 && isDigest(digest)) return { name: name.slice(0, at), digest };
  if (at >= 0 && (digest.startsWith("sha256:") || !isPath(text2))) {
    refuse(text2, `after @ expected sha256: and 64 hexadecimal digits, got ${quoteText(digest)}`);
  }
  return { name, digest: void 0 };
}
function isPath(text2) {
  return text2.startsWith(layoutPrefix) || text2.startsWith(archivePrefix);
}
function checkTag(tag, text2) {
  if (!isTag(tag)) {
    refuse(
      text2,
      `${quoteText(tag)} is no tag: 1 to 128 letters, digits, _ . and -, the first neither . nor -`
    );
  }
  return tag;
}
function refuse(text2, problem) {
  throw new ConfigError([`image ${quoteText(text2)}: ${problem}`]);
}

// lambda-src/core/printable-text.ts
var unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
function hideUnprintable(text2) {
  return text2.replace(unprintable, "?");
}

// lambda-src/action/inputs.ts
var inputOptions = {
  "index-version": { kind: "value", option: "--index-version" },
  platforms: { kind: "list", option: "--platform" },
  "target-tag": { kind: "value", option: "--target-tag" },
  "tag-suffix": { kind: "value", option: "--tag-suffix" },
  "min-layer-size": { kind: "value", option: "--min-layer-size" },
  "span-size": { kind: "value", option: "--span-size" },
  "build-tool-identifier": { kind: "value", option: "--build-tool-identifier" },
  output: { kind: "value", option: "--output" },
  reuse: { kind: "boolean", option: "--no-reuse", when: false },
  "dry-run": { kind: "boolean", option: "--dry-run", when: true },
  "plain-http": { kind: "boolean", option: "--plain-http", when: true }
};
var booleans = new Map([
  ...["true", "True", "TRUE"].map((text2) => [text2, true]),
  ...["false", "False", "FALSE"].map((text2) => [text2, false])
]);
function readInputs(environment) {
  const faults = [];
  const image = readInput(environment, "image");
  if (image === "")
    faults.push("the input image is missing: REGISTRY/REPO[:TAG][@DIGEST], oci:DIR or oci-archive:FILE");
  const options = [];
  for (const [name, input] of Object.entries(inputOptions)) {
    const value = readInput(environment, name);
    if (value === "") continue;
    if (input.kind === "value") options.push(`${input.option}=${value}`);
    if (input.kind === "list") {
      const words = value.split(/[,\n]/).map((word) => word.trim());
      options.push(...words.filter((word) => word !== "").map((word) => `${input.option}=${word}`));
    }
    if (input.kind === "boolean") {
      const given = booleans.get(value);
      if (given === void 0)
        faults.push(`the input ${name} is ${quoteText(value)}: expected true or false`);
      if (given === input.when) options.push(input.option);
    }
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return { image, options };
}
function readInput(environment, name) {
  return (environment[`INPUT_${name.toUpperCase()}`] ?? "").trim();
}

// lambda-src/terminal/quantities.ts
var units = ["B", "KiB", "MiB", "GiB", "TiB"];
function formatBytes(bytes) {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return unit === 0 ? `${bytes} B` : `${value.toFixed(1)} ${units[unit]}`;
}
function formatSeconds(seconds) {
  return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
}

// lambda-src/action/job-summary.ts
var maximumSummaryBytes = 1e6;
function formatSummary(report, reference) {
  const message = report.message === void 0 ? [] : [`${code2(report.message)}<br>`];
  const head = [
    `<h3>SOCI index: ${code2(report.status)}</h3>`,
    "<p>",
    ...message,
    `Image ${code2(report.image)}<br>`,
    ...reference === void 0 ? [] : [`Deploy ${code2(reference)}<br>`],
    `${formatBytes(report.bytesRead)} of layers read in ${formatSeconds(report.seconds)}`,
    "</p>",
    ""
  ];
  const rows = report.indexes.flatMap(
    ({ platform, layers }) => layers.map((layer) => {
      const ztoc = layer.status === "skipped" ? ["", "", ""] : [formatBytes(layer.ztoc.size), String(layer.ztoc.spans), String(layer.ztoc.files)];
      const why = layer.status === "skipped" ? `: ${code2(layer.message)}` : "";
      const cells = [code2(platform), code2(layer.digest), `${layer.status}${why}`, ...ztoc];
      return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
    })
  );
  const lines = [...head];
  if (rows.length > 0) {
    const columns = ["Platform", "Layer", "Status", "zTOC", "Spans", "Files"];
    lines.push("<table>", `<tr>${columns.map((name) => `<th>${name}</th>`).join("")}</tr>`);
    lines.push(...fitRows(rows, maximumSummaryBytes - Buffer.byteLength(lines.join("\n"))));
    lines.push("</table>", "");
  }
  return `${lines.join("\n")}
`;
}
function fitRows(rows, roomBytes) {
  const reserveBytes = 1e3;
  let usedBytes = reserveBytes;
  const fitting = rows.findIndex((row) => (usedBytes += Buffer.byteLength(row) + 1) > roomBytes);
  if (fitting < 0) return rows;
  const left = `<tr><td colspan="6">${rows.length - fitting} more layers: see the output json</td></tr>`;
  return [...rows.slice(0, fitting), left];
}
var longestText = 500;
function code2(text2) {
  const short = text2.length > longestText ? `${text2.slice(0, longestText)}\u2026` : text2;
  const escaped = hideUnprintable(short).replace(
    /[^\w ./:@+,()-]/g,
    (character) => `&#${character.codePointAt(0)};`
  );
  return `<code>${escaped}</code>`;
}

// lambda-src/action/workflow-command.ts
function workflowCommand(command, message = "", title) {
  const properties = title === void 0 ? "" : ` title=${escapeProperty(title)}`;
  return `::${command}${properties}::${escapeData(message)}
`;
}
function escapeData(text2) {
  return text2.split(/\r?\n|\r/).map((line) => hideUnprintable(line).replaceAll("%", "%25")).join("%0A");
}
function escapeProperty(text2) {
  return escapeData(text2).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

// lambda-src/action/run-action.ts
var maximumAnnotations = 10;
var maximumOutputBytes = 1e6;
async function runAction(environment, commandPath2) {
  let inputs;
  try {
    inputs = readInputs(environment);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    print(workflowCommand("error", error.message, "soci-index: invalid input"));
    return 1;
  }
  const { exitCode, report, digest, complaints } = await runCommand(inputs, commandPath2);
  if (report === void 0) {
    const title = exitCode === 2 ? "soci-index: invalid input" : "soci-index failed";
    print(workflowCommand("error", complaints.join("\n") || `exit code ${String(exitCode)}`, title));
    return 1;
  }
  const reference = digest === void 0 ? void 0 : nameByDigest(report.output ?? report.image, digest);
  writeOutputs(environment, { status: report.status, digest, reference, json: JSON.stringify(report) });
  annotate(report, complaints);
  appendTo(environment["GITHUB_STEP_SUMMARY"], formatSummary(report, reference));
  return report.status === "failed" ? 1 : 0;
}
async function runCommand({ image, options }, commandPath2) {
  const folder = mkdtempSync(join(tmpdir(), "soci-index-action-"));
  const digestFile = join(folder, "digest");
  print(workflowCommand("group", `soci-index index ${image}`));
  const resumeWord = randomUUID();
  print(workflowCommand("stop-commands", resumeWord));
  try {
    const words = ["index", "--json", `--digest-file=${digestFile}`, ...options, "--", image];
    const child = spawn(process.execPath, [commandPath2, ...words], { stdio: ["ignore", "pipe", "pipe"] });
    const interrupt = (signal) => child.kill(signal);
    process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
    const complaints = [];
    const closed = new Promise((resolve, reject) => {
      child.on("error", reject).on("close", resolve);
    });
    const lines = createInterface({ input: child.stderr, crlfDelay: Infinity });
    lines.on("line", (line) => {
      print(`${hideUnprintable(line)}
`);
      if (complaints.length > 0 || line.startsWith("soci-index: ") || line.startsWith("error: "))
        complaints.push(line);
    });
    const [stdout, exitCode] = await Promise.all([text(child.stdout), closed]);
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
    const report = stdout === "" ? void 0 : JSON.parse(stdout);
    const digest = existsSync(digestFile) ? readFileSync(digestFile, "utf8") : void 0;
    return { exitCode, report, digest, complaints };
  } finally {
    print(`::${resumeWord}::
`);
    print(workflowCommand("endgroup"));
    rmSync(folder, { recursive: true, force: true });
  }
}
function nameByDigest(image, digest) {
  if (!isDigest(digest)) return void 0;
  const { tag: _tag, ...place } = parseReference(image);
  return formatReference({ ...place, digest });
}
function writeOutputs(environment, outputs) {
  for (const [name, value] of Object.entries(outputs)) {
    if (value === void 0) continue;
    if (Buffer.byteLength(value) > maximumOutputBytes) {
      print(workflowCommand("warning", `the output ${name} is larger than GitHub takes, and is left out`));
      continue;
    }
    const delimiter = `end-${randomUUID()}`;
    appendTo(environment["GITHUB_OUTPUT"], `${name}<<${delimiter}
${value}
${delimiter}
`);
  }
}
function annotate(report, complaints) {
  const { status, message = "", image } = report;
  if (status === "failed") {
    print(workflowCommand("error", complaints.join("\n") || message, "soci-index failed"));
    return;
  }
  const warnings = [...report.warnings];
  if (status === "skipped") warnings.unshift(`${image} was not indexed: ${message}`);
  if (status === "superseded")
    warnings.unshift(`${image}: ${message}. There is nothing to deploy from this step`);
  const shown = warnings.length > maximumAnnotations ? warnings.slice(0, maximumAnnotations - 1) : warnings;
  for (const warning of shown) print(workflowCommand("warning", warning, `soci-index: ${status}`));
  if (shown.length < warnings.length) {
    print(
      workflowCommand(
        "warning",
        `${warnings.length - shown.length} more warnings are in the log`,
        "soci-index"
      )
    );
  }
}
function appendTo(file, content) {
  if (file !== void 0 && file !== "") appendFileSync(file, content);
}
function print(line) {
  process.stdout.write(line);
}

// lambda-src/action/main.ts
var commandPath = fileURLToPath(new URL("./soci-index.mjs", import.meta.url));
process.exitCode = await runAction(process.env, commandPath);
