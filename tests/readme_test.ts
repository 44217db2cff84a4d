/** Whether the README's five minutes, its pushed request and its device work line by line as they stand there. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Agent, agent, logIn, type Visit } from "./support/agent.ts";
import { freePort, listens, startServer, temporaryFolder, until } from "./support/process.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const DEMO_CLIENT = 8080;

/** The code blocks of a section, in order, with what stands behind their backticks. */
async function blocks(
  title: string,
): Promise<{ readonly language: string; readonly text: string }[]> {
  const readme = await Deno.readTextFile(join(ROOT, "README.md"));
  const [, section = ""] = new RegExp(`^## ${title}\\n([^]*?)^## `, "m").exec(readme) ?? [];
  return [...section.matchAll(/^```(\w*)\n([^]*?)^```$/gm)]
    .map(([, language = "", text = ""]) => ({ language, text }));
}

/** Runs a block in one shell, and answers what each of its commands wrote. */
async function run(text: string, env: Record<string, string> = {}): Promise<string[]> {
  const commands = text.replaceAll(/\\\n\s*/g, "").split("\n").filter((line) => line !== "");
  const script = commands.map((command) => `${command}\nprintf '\\0'`).join("\n");
  const args = ["-eu", "-c", script];
  const output = await new Deno.Command("sh", { args, cwd: ROOT, env }).output();
  const [stdout, stderr] = [output.stdout, output.stderr].map((bytes) =>
    new TextDecoder().decode(bytes)
  );
  assert.ok(output.success, `${script}\n${stderr}`);
  return (stdout ?? "").split("\0").slice(0, -1);
}

/** Logs in and allows what is asked; where the browser then is. */
async function allow(browser: Agent, address: string, username: string): Promise<Visit> {
  const consent = await logIn(browser, await browser.open(address), username);
  assert.equal(consent.url.pathname, "/account/consent");
  return await browser.submit(consent, { action: "allow" });
}

function claimsOf(jwt: string): Record<string, unknown> {
  const [, payload = ""] = jwt.split(".");
  return JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/")));
}

const curl = await (async () => {
  try {
    return (await new Deno.Command("curl", { args: ["--version"] }).output()).success;
  } catch {
    return false;
  }
})();

Deno.test({
  name: `README: the five minutes give what they promise${curl ? "" : " (ignored: no curl)"}`,
  ignore: !curl,
  fn: fiveMinutes,
});

async function fiveMinutes(t: Deno.TestContext): Promise<void> {
  await using folder = await temporaryFolder();
  const port = String(freePort());
  const issuer = `http://127.0.0.1:${port}`;
  const variables = {
    LATCHKEY_ISSUER: issuer,
    LATCHKEY_LISTEN__PORT: port,
    LATCHKEY_STORE__URL: join(folder.path, "demo.kv"),
  };
  await using server = startServer(folder.path, { args: ["--config", "config"], variables });
  await server.ready;
  const here = (text: string) => text.replaceAll("127.0.0.1:9000", `127.0.0.1:${port}`);
  const all = await blocks("Five minutes");
  const [discovery, machine, introspection, demoClient, demoDevice, exchange, grants] = all
    .filter(({ language }) => language === "sh").map(({ text }) => here(text));
  const [address] = all.filter(({ language }) => language === "").map(({ text }) => here(text));
  assert.equal(all.length, 8);

  await t.step("what the server says of itself", async () => {
    const [metadata = "", jwks = ""] = await run(discovery ?? "");
    assert.equal(JSON.parse(metadata).issuer, issuer);
    assert.ok(JSON.parse(jwks).keys.length > 0);
  });

  await t.step("a machine gets a token for an API", async () => {
    const [tokens = ""] = await run(machine ?? "");
    const { aud } = claimsOf(JSON.parse(tokens).access_token);
    assert.ok([aud].flat().includes("https://api.example.com"), JSON.stringify(aud));
  });

  await t.step("the API asks whether a token is good", async () => {
    const { active, scope, client_id } = JSON.parse((await run(introspection ?? "")).join(""));
    assert.deepEqual({ active, scope, client_id }, {
      active: true,
      scope: "invoices.read",
      client_id: "machine",
    });
  });

  const taken = await listens(DEMO_CLIENT);
  await t.step({
    name: `a person logs in through a small web client${
      taken ? ` (ignored: port ${DEMO_CLIENT} is taken)` : ""
    }`,
    ignore: taken,
    async fn() {
      // the deno that runs this, with the address of this demo
      const command = demoClient?.trim().replace("npx -y deno@2.9.6", Deno.execPath()).split(" ");
      const [program = "", ...args] = [...command ?? [], issuer];
      const client = new Deno.Command(program, { args, cwd: ROOT, stdout: "piped", stderr: "null" })
        .spawn();
      const home = `http://127.0.0.1:${DEMO_CLIENT}`;
      try {
        const reader = client.stdout.getReader();
        const { value } = await reader.read();
        assert.match(new TextDecoder().decode(value), new RegExp(home));
        reader.releaseLock();
        for (const username of ["alice", "bob"]) {
          const begun = await fetch(home, { redirect: "manual" });
          await begun.body?.cancel();
          const start = begun.headers.get("Location") ?? "";
          const { url } = await allow(agent({ fetch, issuer }), start, username);
          const { id_token, userinfo, tokens } = await (await fetch(url)).json();
          assert.equal(id_token.iss, issuer);
          assert.equal(userinfo.sub, id_token.sub);
          assert.ok(userinfo.name && userinfo.groups && tokens.refresh_token);
        }
      } finally {
        client.kill("SIGTERM");
        await client.status;
        await client.stdout.cancel();
      }
    },
  });

  await t.step("a device without a browser gets in", async () => {
    const command = demoDevice?.trim().replace("npx -y deno@2.9.6", Deno.execPath()).split(" ");
    const [program = "", ...args] = [...command ?? [], issuer];
    const device = new Deno.Command(program, { args, cwd: ROOT, stdout: "piped", stderr: "null" })
      .spawn();
    let shown = "";
    const read = device.stdout.pipeThrough(new TextDecoderStream()).pipeTo(
      new WritableStream({ write: (text) => void (shown += text) }),
    );
    await until(async () => {
      await new Promise((resolve) => setTimeout(resolve, 10));
      return /type in/.test(shown);
    });
    const [, user_code = ""] = /type in ([A-Z]{4}-[A-Z]{4})/.exec(shown) ?? [];
    assert.match(shown, /█▀▀|▄▄▄/);
    const browser = agent({ fetch, issuer });
    const login = await browser.submit(await browser.open("/device"), { user_code });
    const done = await browser.submit(await logIn(browser, login, "alice"), { action: "allow" });
    assert.match(done.html, /id="device-done"/);
    await read;
    assert.ok((await device.status).success);
    const { id_token, tokens } = JSON.parse(shown.slice(shown.indexOf("{")));
    assert.equal(id_token.iss, issuer);
    assert.ok(tokens.refresh_token);
  });

  await t.step("a request is pushed by hand", async () => {
    const [block, ...more] = await blocks("Pushed requests");
    assert.deepEqual(more, []);
    const pushed = (await run(here(block?.text ?? ""))).join("").trim();
    const { url } = await allow(agent({ fetch, issuer }), pushed, "bob");
    assert.equal(url.host, `127.0.0.1:${DEMO_CLIENT}`);
    const { code, state } = Object.fromEntries(url.searchParams);
    assert.match(code ?? "", /^ac_/);
    assert.equal(state, "af0ifjsldkj");
  });

  await t.step("a device by hand", async () => {
    const [block, ...more] = await blocks("How a device gets in");
    assert.deepEqual(more, []);
    const [ask, page, code, poll] = here(block?.text ?? "").split("\n\n");
    const { device_code, user_code } = JSON.parse((await run(ask ?? "")).join(""));
    const address = /http\S+(?=,)/.exec(page ?? "")?.[0] ?? "";
    const browser = agent({ fetch, issuer });
    const login = await browser.submit(await browser.open(address), { user_code });
    await browser.submit(await logIn(browser, login, "alice"), { action: "allow" });
    const known = (code ?? "").replace("dc_…", device_code);
    assert.ok(known.includes(device_code));
    const { id_token, scope } = JSON.parse((await run(`${known}\n${poll}`)).join(""));
    assert.equal(scope, "openid profile offline_access");
    assert.equal(claimsOf(id_token)["aud"], "tv");
  });

  await t.step("the same by hand", async () => {
    const { url } = await allow(agent({ fetch, issuer }), address?.trim() ?? "", "alice");
    assert.equal(url.host, `127.0.0.1:${DEMO_CLIENT}`);
    const code = url.searchParams.get("code") ?? assert.fail(url.href);
    const script = (exchange ?? "").replace("CODE=ac_…", `CODE=${code}`);
    const answers = await run(script);
    const [tokens, userinfo, refreshed] = answers.filter((answer) => answer !== "")
      .map((answer) => JSON.parse(answer));
    assert.equal(claimsOf(tokens.id_token)["iss"], issuer);
    assert.equal(userinfo.sub, claimsOf(tokens.id_token)["sub"]);
    assert.notEqual(refreshed.refresh_token, tokens.refresh_token);

    // "Send the same code a second time", then use what came from it
    const again = script.split("\n\n")[1] ?? "";
    assert.match((await run(`CODE=${code}\n${again}`)).join(""), /"invalid_grant"/);
    const dead = await fetch(`${issuer}/connect/userinfo`, {
      headers: { Authorization: `Bearer ${refreshed.access_token}` },
    });
    await dead.body?.cancel();
    assert.equal(dead.status, 401);
  });
  await t.step({
    name: "an operator sees what has access to a person",
    // What the web client got is what there is to see.
    ignore: taken,
    async fn() {
      const command = (grants ?? "").replace("npx -y deno@2.9.6", Deno.execPath());
      const [listed = ""] = await run(command, variables);
      assert.match(listed, /^ID +USER +CLIENT[^]*\naz_[\w-]{22} +alice +web /);
    },
  });
}
