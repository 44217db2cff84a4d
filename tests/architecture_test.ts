/** Whether the source keeps to its architecture: layers, cycles, fences, names, sizes. */

import assert from "node:assert/strict";
import { basename, dirname, join, posix, relative } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** The architecture: a file imports from its own folder and from those above. */
const LAYERS = [
  "lib",
  "oauth",
  "config",
  "store",
  "keys",
  "clients",
  "users",
  "tokens",
  "grants",
  "login",
  "pages",
  "endpoints",
  "server",
  "cli",
  "main",
] as const;

/** Words that say nothing of what a thing does. `context` is what others call their ambient state. */
const EMPTY_WORDS = ["manager", "service", "helper", "util", "handler", "provider", "context"];

const LONGEST_FILE = 300;

interface SourceFile {
  /** From the root, with slashes. */
  readonly path: string;
  readonly text: string;
  /** The text with comments, and what stands in strings, blanked out. */
  readonly code: string;
  readonly imports: readonly Import[];
}

interface Import {
  /** As it is written: `./env.ts`, `hono`. */
  readonly specifier: string;
  /** The file that it leads to, for one of ours. */
  readonly path: string | undefined;
  readonly typeOnly: boolean;
}

const files = await readSource();

Deno.test("architecture: a file imports only from its own layer and those to its left", () => {
  none(
    files.flatMap((file) =>
      file.imports.flatMap(({ path }) => {
        if (path === undefined || layerOf(path) <= layerOf(file.path)) return [];
        return [`${file.path} imports ${path}`];
      })
    ),
  );
});

Deno.test("architecture: every folder of src is a layer", () => {
  none(files.filter((file) => layerOf(file.path) === -1).map((file) => file.path));
});

Deno.test("architecture: no file imports itself by way of others", () => {
  const cycles: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, way: readonly string[]) => {
    const start = way.indexOf(path);
    if (start !== -1) cycles.push([...way.slice(start), path].join(" → "));
    if (start !== -1 || done.has(path)) return;
    for (const target of targetsOf(path)) visit(target, [...way, path]);
    done.add(path);
  };
  for (const { path } of files) visit(path, []);
  none(cycles);
});

Deno.test("architecture: no import leads nowhere, and no file of src is left unused", () => {
  const reached = new Set<string>();
  const visit = (path: string) => {
    if (reached.has(path)) return;
    reached.add(path);
    for (const target of targetsOf(path)) visit(target);
  };
  visit("main.ts");
  const known = new Set(files.map((file) => file.path));
  none([
    ...files.filter(({ path }) => !reached.has(path)).map(({ path }) =>
      `${path} is imported by none`
    ),
    ...[...reached].filter((path) => path.startsWith("src/") && !known.has(path))
      .map((path) => `${path} is imported but not there`),
  ]);
});

/** What may stand only in some files: a pattern of code, or a package that is imported. */
const FENCES: readonly {
  readonly what: string;
  readonly code?: RegExp;
  readonly package?: RegExp;
  readonly allowed: RegExp;
  /** Whether importing types crosses the fence. */
  readonly typesToo?: boolean;
}[] = [
  {
    what: "Hono",
    package: /^hono(\/|$)/,
    allowed: /^src\/(endpoints\/|pages\/|app\.ts$)/,
    typesToo: true,
  },
  {
    what: "Deno KV",
    code: /\bDeno\s*\.\s*(openKv|Kv\w*|AtomicOperation)\b/,
    allowed: /^src\/store\/kv\.ts$/,
  },
  {
    what: "Deno",
    code: /\bDeno\b/,
    allowed: /^(src\/(store\/kv|config\/load)\.ts|src\/(keys|cli)\/.*|main\.ts)$/,
  },
  {
    what: "the clock",
    code: /\bDate\s*\.\s*now\b|\bnew\s+Date\b(?!\s*\(\s*[^)\s])|\bperformance\s*\.|\bTemporal\b/,
    allowed: /^src\/lib\/env\.ts$/,
  },
  {
    what: "randomness",
    code: /\bMath\s*\.\s*random\b|\b(getRandomValues|randomUUID|randomBytes|randomInt)\b/,
    allowed: /^src\/lib\/env\.ts$/,
  },
  {
    what: "timers",
    code: /\b(setTimeout|setInterval|setImmediate)\b|\bAbortSignal\s*\.\s*timeout\b/,
    allowed: /^src\/(lib\/env\.ts|cli\/healthcheck\.ts)$/,
  },
  {
    what: "the network",
    code: /(?<![.\w])fetch\s*\(|\bglobalThis\s*\.\s*fetch\b|\bWebSocket\b/,
    allowed: /^src\/lib\/env\.ts$/,
  },
  { what: "YAML", package: /^yaml(\/|$)/, allowed: /^src\/config\/document\.ts$/, typesToo: true },
  { what: "zod", package: /^zod(\/|$)/, allowed: /^src\/config\//, typesToo: true },
  { what: "jose", package: /^jose(\/|$)/, allowed: /^src\/(keys|clients|tokens)\// },
  { what: "the metrics' library", package: /^prom-client$/, allowed: /^src\/lib\/prometheus\.ts$/ },
  { what: "the log's library", package: /^@logtape\//, allowed: /^src\/cli\// },
];

for (const fence of FENCES) {
  Deno.test(`architecture: ${fence.what} stays behind its fence`, () => {
    none(
      files.filter(({ path }) => !fence.allowed.test(path)).flatMap((file) => [
        ...(fence.code === undefined ? [] : linesOf(file, fence.code)),
        ...file.imports
          .filter(({ typeOnly }) => !typeOnly || fence.typesToo)
          .filter(({ specifier }) => fence.package?.test(specifier))
          .map(({ specifier }) => `${file.path} imports ${specifier}`),
      ]),
    );
  });
}

Deno.test("architecture: the rules of oauth/ do no I/O", () => {
  const impure = /^node:(?!crypto$)/;
  none(
    files.filter(({ path }) => path.startsWith("src/oauth/")).flatMap((file) => [
      ...linesOf(file, /\b(async|await)\b/),
      ...file.imports.filter(({ specifier }) => impure.test(specifier))
        .map(({ specifier }) => `${file.path} imports ${specifier}`),
    ]),
  );
});

Deno.test("architecture: the first line of a file is a sentence that says what it answers", () => {
  none(
    files.filter(({ text }) => !/^\/\*\* \S.*[.?!] \*\/\r?\n/.test(text)).map(({ path }) => path),
  );
});

Deno.test("architecture: file names are snake_case and say what is in them", () => {
  none(
    files.map(({ path }) => path).filter((path) => {
      const name = basename(path).replace(/\.tsx?$/, "");
      return !/^[a-z0-9]+(_[a-z0-9]+)*$/.test(name) || name.split("_").some(isEmptyWord);
    }),
  );
});

Deno.test("architecture: exported names say what they are", () => {
  none(
    files.flatMap((file) =>
      exportedNames(file.code).filter((name) => wordsOf(name).some(isEmptyWord))
        .map((name) => `${file.path} exports ${name}`)
    ),
  );
});

Deno.test("architecture: whatever is exported has a docstring", () => {
  none(
    files.flatMap(({ path, text }) => {
      const lines = text.split("\n");
      return lines.flatMap((line, index) => {
        const before = lines[index - 1]?.trim() ?? "";
        const [, name] =
          /^export (?:async |abstract |declare )*(?:function|const|class|interface|type) (\w+)/
            .exec(line) ?? [];
        // A value and the type of its members share one docstring, and overloads share theirs.
        const told = before.endsWith("*/") || before.startsWith("export ") ||
          before === "] as const;";
        return name === undefined || told ? [] : [`${path}:${index + 1} exports ${name}`];
      });
    }),
  );
});

Deno.test(`architecture: no file is longer than ${LONGEST_FILE} lines, half of them below 100`, () => {
  const lengths = files.map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }));
  const sorted = lengths.map(({ lines }) => lines).sort((left, right) => left - right);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  none([
    ...lengths.filter(({ lines }) => lines > LONGEST_FILE)
      .map(({ path, lines }) => `${path} has ${lines} lines`),
    ...(median < 100 ? [] : [`the median file has ${median} lines`]),
  ]);
});

Deno.test("architecture: these tests see what they are to see", () => {
  const source = parse(
    "src/oauth/x.ts",
    [
      `import a, { type B } from "./a.ts";`,
      `import type { C } from "jose";`,
      `export * from "../lib/d.ts";`,
      `import "hono";`,
      `const e = await import("./e.ts");`,
      `// import "./comment.ts"; Date.now()`,
      "const text = 'import \"./text.ts\"; Date.now()' + `${Date.now()} Deno`;",
      `const quoted = /["'\`]/.test("Deno");`,
      `export const FooManager = 1, contextual = 2;`,
      `export { text as requestContext, type B };`,
      `export default async function utilOf() {}`,
    ].join("\n"),
  );
  assert.deepEqual(
    source.imports.map(({ specifier, path, typeOnly }) => [specifier, path, typeOnly]),
    [
      ["./a.ts", "src/oauth/a.ts", false],
      ["jose", undefined, true],
      ["../lib/d.ts", "src/lib/d.ts", false],
      ["hono", undefined, false],
      ["./e.ts", "src/oauth/e.ts", false],
    ],
  );
  assert.equal(linesOf(source, /Date\.now/).length, 1);
  assert.equal(linesOf(source, /Deno/).length, 0);
  assert.deepEqual(exportedNames(source.code), ["FooManager", "utilOf", "requestContext", "B"]);
  assert.deepEqual(wordsOf("requestContextOf_HTTPHandler"), [
    "request",
    "context",
    "of",
    "http",
    "handler",
  ]);
  assert.ok(layerOf("src/app.ts") === layerOf("src/server.ts"));
  assert.ok(layerOf("src/lib/env.ts") < layerOf("src/cli/mod.ts"));
  assert.ok(layerOf("src/cli/mod.ts") < layerOf("main.ts"));
  assert.ok(files.length > 20, "the source was found");
});

function none(offenders: readonly string[]): void {
  assert.ok(offenders.length === 0, `\n  ${offenders.join("\n  ")}\n`);
}

function isEmptyWord(word: string): boolean {
  return EMPTY_WORDS.some((empty) => word === empty || word === `${empty}s`);
}

/** `HTTPHandler` and `http_handler` are `http`, `handler`. */
function wordsOf(name: string): string[] {
  return name.replaceAll(/([a-z0-9])([A-Z])|([A-Z])(?=[A-Z][a-z])/g, "$1$3_$2").toLowerCase()
    .split("_").filter((word) => word !== "");
}

function layerOf(path: string): number {
  if (path === "main.ts") return LAYERS.indexOf("main");
  // Not of the program's layers: what describes it, and anyone may read.
  if (!path.startsWith("src/")) return 0;
  const [, folder = "", ...below] = path.split("/");
  const layer = below.length > 0 ? folder : /^(server|app)\.ts$/.test(folder) ? "server" : folder;
  return (LAYERS as readonly string[]).indexOf(layer);
}

function targetsOf(path: string): string[] {
  const file = files.find((file) => file.path === path);
  return (file?.imports ?? []).flatMap((to) => to.path === undefined ? [] : [to.path]);
}

/** Where a pattern stands in the code of a file. */
function linesOf({ path, code }: SourceFile, pattern: RegExp): string[] {
  return code.split("\n").flatMap((line, index) =>
    pattern.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : []
  );
}

function exportedNames(code: string): string[] {
  const declared =
    /\bexport\s+(?:default\s+)?(?:declare\s+)?(?:abstract\s+)?(?:async\s+)?(?:const\s+enum|const|let|function\*?|class|interface|type|enum)\s+([\w$]+)/g;
  const listed = [...code.matchAll(/\bexport\s+(?:type\s+)?\{([^}]*)\}/g)].flatMap((
    [, list = ""],
  ) =>
    list.split(",").map((item) => item.trim().split(/\s+/).at(-1) ?? "").filter((name) =>
      name !== ""
    )
  );
  return [...[...code.matchAll(declared)].map(([, name = ""]) => name), ...listed];
}

async function readSource(): Promise<SourceFile[]> {
  const paths = ["main.ts"];
  const walk = async (folder: string) => {
    for await (const entry of Deno.readDir(join(ROOT, folder))) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory) await walk(path);
      else if (/\.tsx?$/.test(path)) paths.push(path);
    }
  };
  await walk("src");
  return await Promise.all(
    paths.sort().map(async (path) => parse(path, await Deno.readTextFile(join(ROOT, path)))),
  );
}

function parse(path: string, text: string): SourceFile {
  const code = blanked(text);
  const imports = [
    ...code.matchAll(
      /\b(?:import|export)\s+(type\s)?(?:[^"'`;()=]*?\bfrom\s*)?(?=["'])|\bimport\s*\(\s*(?=["'])/g,
    ),
  ].map((match): Import => {
    const start = match.index + match[0].length;
    const specifier = text.slice(start + 1, text.indexOf(text.charAt(start), start + 1));
    const ours = specifier.startsWith(".");
    return {
      specifier,
      path: ours ? relative(".", posix.join(dirname(path), specifier)) : undefined,
      typeOnly: match[1] !== undefined,
    };
  });
  return { path, text, code, imports };
}

/** The text with comments, regular expressions and the insides of strings turned to spaces; what templates insert stays. */
function blanked(text: string): string {
  const token =
    /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|(?<=(?:[=(,:?!&|[{;]|=>|return|\n)\s*)\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n*[])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])*\/[a-z]*|`|[{}]/g;
  let result = "";
  let end = 0;
  // How many braces are open within each template's insertion.
  const insertions: number[] = [];
  const blank = (part: string) => part.replaceAll(/[^\n]/g, " ");
  /** Skips a template's text up to its end or next insertion. */
  const skipTemplate = (from: number): number => {
    const stop = /(?:\\[\s\S]|\$(?!\{)|[^`\\$])*(?:`|\$\{)/y;
    stop.lastIndex = from;
    const part = stop.exec(text)?.[0] ?? text.slice(from);
    if (part.endsWith("${")) insertions.push(0);
    result += blank(part);
    return from + part.length;
  };
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const [part] = match;
    result += text.slice(end, match.index);
    end = match.index + part.length;
    const depth = insertions.at(-1);
    if (part === "`") {
      result += " ";
      end = skipTemplate(end);
    } else if (part === "}" && depth === 0) {
      insertions.pop();
      result += " ";
      end = skipTemplate(end);
    } else if (part === "{" || part === "}") {
      if (depth !== undefined) insertions.push((insertions.pop() ?? 0) + (part === "{" ? 1 : -1));
      result += part;
    } else if (part.startsWith('"') || part.startsWith("'")) {
      result += part.charAt(0) + blank(part.slice(1, -1)) + part.charAt(0);
    } else {
      result += blank(part);
    }
    token.lastIndex = end;
  }
  return result + text.slice(end);
}
