/** How the files of a folder become one configuration, and what is said of each file. */

import assert from "node:assert/strict";
import { load, problemsOf } from "../support/config_files.ts";

const ISSUER = "issuer: http://127.0.0.1:9000\n";

Deno.test("loadConfig: lists of several files are joined in name order", async () => {
  const { config, problems } = await load({
    "20.yml": "groups:\n  - name: c\n",
    "10.yaml": `${ISSUER}groups:\n  - name: a\n  - name: b\n`,
    "30.yaml": "# nothing yet\n",
    "notes.txt": "{",
    ".hidden.yaml": "{",
    "folder.yaml/x.yaml": "{",
  });
  assert.deepEqual(problems, []);
  assert.deepEqual(config?.groups.map((group) => group.name), ["a", "b", "c"]);
});

Deno.test("loadConfig: a file alone is a configuration", async () => {
  const { config } = await load({ "a.conf": ISSUER, "b.yaml": "{" }, {}, "a.conf");
  assert.equal(config?.issuer, "http://127.0.0.1:9000");
});

Deno.test("loadConfig: what is no list may be given in one file alone; both places are named", async () => {
  const { problems } = await load({
    "a.yaml": `${ISSUER}store:\n  url: a\ngroups: []\n`,
    "b.yaml": "groups: 1\nstore: {url: b}\nissuer: http://127.0.0.1:1\n",
  });
  assert.deepEqual(problems, [
    "b.yaml:1:1: groups: given twice; a.yaml:4:1 has it already",
    "b.yaml:2:1: store: given twice; a.yaml:2:1 has it already",
    "b.yaml:3:1: issuer: given twice; a.yaml:1:1 has it already",
  ]);
});

Deno.test("loadConfig: a problem names the file and the path in it, wherever the element is in the end", async () => {
  const { problems } = await load({
    "a.yaml": `${ISSUER}groups:\n  - name: a\n`,
    "b.yaml": "groups:\n  - name: b\n  - nam: c\n    name: c\n",
    "c.yaml": "groups: [{name: a}]\n",
  });
  assert.deepEqual(problems, [
    "b.yaml:3:5: groups[1].nam: unknown member; did you mean name?",
    "c.yaml:1:17: groups[0].name: given twice; a.yaml:3:11 has it already",
  ]);
});

Deno.test("loadConfig: files that can't be read don't hide what is wrong with the others", async () => {
  const { problems } = await load({
    "a.yaml": "a: [\nb: {\n",
    "b.yaml": "[]\n",
    "c.yaml":
      "users: 1\nclients: [{client_id: m, grant_types: [client_credentials], scope: api}]\n",
  });
  assert.deepEqual(problems, [
    "a.yaml:2:1: the indentation is wrong",
    "a.yaml:3:1: the indentation is wrong",
    "b.yaml:1:1: expected a mapping, such as `issuer: https://id.example.com`",
    "c.yaml:1:8: users: expected list, found number",
    "c.yaml:2:11: clients[0].client_secrets: client_secret_basic needs at least one secret",
  ]);
});

Deno.test("loadConfig: a file that is no mapping", async () => {
  for (const text of ["hello\n", "- a\n", "42\n"]) {
    assert.deepEqual(await problemsOf(text), [
      "c.yaml:1:1: expected a mapping, such as `issuer: https://id.example.com`",
    ]);
  }
});

Deno.test("loadConfig: an empty configuration lacks an issuer", async () => {
  assert.deepEqual(await problemsOf("# nothing\n"), ["c.yaml:1:1: issuer: is required"]);
});
