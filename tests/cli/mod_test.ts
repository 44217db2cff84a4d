/** Whether the program finds its commands, explains itself, and refuses what it doesn't know. */

import assert from "node:assert/strict";
import { run, runProcess } from "../support/cli.ts";

const COMMANDS = [
  "serve",
  "check-config",
  "schema",
  "hash-password",
  "hash-secret",
  "generate-secret",
  "healthcheck",
  "version",
];

const GROUPS: Readonly<Record<string, readonly string[]>> = {
  keys: ["list", "generate", "rotate", "retire", "import"],
  grants: ["list", "show", "revoke", "check"],
  sessions: ["list", "show", "revoke"],
};

Deno.test("latchkey: without a command, with help and with --help it names every command", async () => {
  for (const args of [[], ["help"], ["--help"], ["-h"], ["--"], ["help", "--help"]]) {
    const { code, stdout, stderr } = await run(args);
    assert.equal(code, 0);
    assert.equal(stderr, "");
    for (const name of [...COMMANDS, ...Object.keys(GROUPS)]) {
      assert.match(stdout, new RegExp(`^  ${name} +\\w`, "m"));
    }
  }
});

Deno.test("latchkey: every command has --help, which does nothing else", async () => {
  for (const name of COMMANDS) {
    for (const args of [[name, "--help"], ["help", name], [name, "--unknown", "-h"]]) {
      const { code, stdout, stderr } = await run(args);
      assert.equal(code, 0);
      assert.equal(stderr, "");
      assert.match(stdout, new RegExp(`^Usage: latchkey ${name} `, "m"));
      assert.match(stdout, /^ {2}--help +print this$/m);
    }
  }
});

Deno.test("latchkey: every group names its commands, and alone it is wrong usage", async () => {
  for (const [group, names] of Object.entries(GROUPS)) {
    const helped = await run(["help", group]);
    assert.deepEqual([helped.code, helped.stderr], [0, ""]);
    assert.match(
      helped.stdout,
      new RegExp(`^Usage: latchkey ${group} COMMAND \\[OPTIONS\\]$`, "m"),
    );
    for (const name of names) assert.match(helped.stdout, new RegExp(`^  ${name} +\\w`, "m"));
    for (const args of [["--help"], ["-h"], ["help"], ["--help", names[0] ?? ""]]) {
      assert.deepEqual(await run([group, ...args]), helped);
    }
    assert.deepEqual(await run(["help", group, "--help"]), helped);
    assert.deepEqual(await run([group]), { code: 2, stdout: "", stderr: helped.stdout });
  }
});

Deno.test("latchkey: every command of a group has --help, which does nothing else", async () => {
  for (const [group, names] of Object.entries(GROUPS)) {
    for (const name of names) {
      const helped = await run([group, name, "--help"]);
      assert.deepEqual([helped.code, helped.stderr], [0, ""]);
      assert.match(helped.stdout, new RegExp(`^latchkey ${group} ${name}: \\w`));
      assert.match(helped.stdout, new RegExp(`^Usage: latchkey ${group} ${name} `, "m"));
      assert.match(helped.stdout, /^ {2}--help +print this$/m);
      for (
        const args of [["help", group, name], [group, "help", name], [group, name, "--no", "-h"]]
      ) {
        assert.deepEqual(await run(args), helped);
      }
    }
  }
});

Deno.test("latchkey: what a group doesn't know exits with 2 and says what was meant", async () => {
  const wrong: [string[], string][] = [
    [["grants", "lst"], 'latchkey grants: unknown command "lst"; did you mean list?'],
    [
      ["help", "grants", "reovke"],
      'latchkey grants: unknown command "reovke"; did you mean revoke?',
    ],
    [["grants", "constructor"], 'latchkey grants: unknown command "constructor"'],
    [["grants", "--json", "list"], 'latchkey grants: unknown option "--json"'],
    [["grant", "list"], 'latchkey: unknown command "grant"; did you mean grants?'],
    [["help", "grant"], 'latchkey: unknown command "grant"; did you mean grants?'],
  ];
  for (const [args, problem] of wrong) {
    const { code, stdout, stderr } = await run(args);
    const [group = ""] = problem.split(":");
    assert.deepEqual([code, stdout], [2, ""], args.join(" "));
    assert.equal(stderr, `${problem}\n${group} help names them all\n`);
  }
  const { code, stderr } = await run(["grants", "list", "--jsno"]);
  assert.equal(code, 2);
  assert.match(stderr, /^latchkey grants list: unknown option --jsno; did you mean --json\?$/m);
  assert.match(stderr, /^latchkey grants list --help says more$/m);
});

Deno.test("latchkey: an unknown command exits with 2 and says what was meant", async () => {
  const { code, stdout, stderr } = await run(["chek-config"]);
  assert.deepEqual([code, stdout], [2, ""]);
  assert.match(stderr, /unknown command "chek-config"; did you mean check-config\?/);
  assert.match((await run(["constructor"])).stderr, /unknown command "constructor"/);
  assert.match((await run(["--config", "x"])).stderr, /unknown option "--config"/);
});

Deno.test("latchkey: wrong options exit with 2 and a reason", async () => {
  const wrong: [string[], RegExp][] = [
    [["version", "--jsno"], /unknown option --jsno; did you mean --json\?/],
    [["version", "--toString"], /unknown option --toString/],
    [["version", "-j"], /unknown option -j/],
    [["version", "--json=yes"], /--json takes no value/],
    [["version", "--json", "--json"], /--json is given twice/],
    [["version", "now"], /takes no argument "now"/],
    [["version", "--", "now"], /takes no argument "now"/],
    [["check-config", "--config"], /--config needs a value: --config DIR\|FILE/],
    [["check-config", "--config="], /--config needs a value/],
    [["check-config", "--config", "--json"], /--config needs a value/],
    [["check-config", "--config", "a", "--config=b"], /--config is given twice/],
  ];
  for (const [args, reason] of wrong) {
    const { code, stdout, stderr } = await run(args);
    assert.deepEqual([code, stdout], [2, ""], args.join(" "));
    assert.match(stderr, reason);
    assert.match(stderr, new RegExp(`latchkey ${args[0]} --help says more`));
  }
});

Deno.test("latchkey: dashes that deno task hands on are skipped", async () => {
  assert.deepEqual(await run(["--", "version"]), await run(["version"]));
});

Deno.test("version: the program, Deno and V8, for people and for programs", async () => {
  const project = JSON.parse(await Deno.readTextFile(new URL("../../deno.json", import.meta.url)));
  const { deno, v8 } = Deno.version;
  assert.deepEqual(await run(["version"]), {
    code: 0,
    stdout: `latchkey ${project.version}\ndeno ${deno}\nv8 ${v8}\n`,
    stderr: "",
  });
  const { stdout } = await run(["version", "--json"]);
  assert.deepEqual(JSON.parse(stdout), { latchkey: project.version, deno, v8 });
});

Deno.test("schema: it prints a JSON Schema of the configuration", async () => {
  const { code, stdout, stderr } = await run(["schema"]);
  assert.deepEqual([code, stderr], [0, ""]);
  const schema = JSON.parse(stdout);
  assert.equal(schema.type, "object");
  assert.ok("issuer" in schema.properties);
});

Deno.test("main: the process exits with the code of the command", async () => {
  const [success, misuse] = await Promise.all([runProcess(["version"]), runProcess(["versoin"])]);
  assert.equal(success.code, 0);
  assert.match(success.stdout, /^latchkey /);
  assert.equal(success.stderr, "");
  assert.equal(misuse.code, 2);
  assert.equal(misuse.stdout, "");
  assert.match(misuse.stderr, /did you mean version\?/);
});
