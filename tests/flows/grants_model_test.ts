/** Whether grants live and die as plain rules say, whatever happens to them in whatever order, at two servers on one store. */

import fc from "fast-check";
import assert from "node:assert/strict";
import { openKvStore } from "../../src/store/kv.ts";
import type { Store } from "../../src/store/store.ts";
import { type TestEnv, testEnv } from "../support/env.ts";
import { type Act, type Choice, type Hands, RACING } from "../support/grants_acts.ts";
import { ALONE } from "../support/grants_operations.ts";
import { baseConfig, hesitant, openServers, type Servers } from "../support/grants_servers.ts";
import { newWorld, rulesOf, type World } from "../support/grants_world.ts";
import { memoryStore } from "../support/memory_store.ts";

/** All worlds that the answers so far allow: more than one only where things happened at the same moment. */
interface Model extends Hands {
  worlds: World[];
}

type Command = fc.AsyncCommand<Model, Servers>;

const ACTS: Readonly<Record<string, Act>> = { ...ALONE, ...RACING };

/** How often each act is chosen. */
const WEIGHTS: Readonly<Record<string, number>> = {
  authorize: 2,
  redeem: 2,
  refresh: 12,
  userinfo: 3,
  inspect: 2,
  revoke: 2,
};

const few = fc.oneof({ weight: 3, arbitrary: fc.nat(2) }, { weight: 1, arbitrary: fc.nat(30) });

const around = fc.integer({ min: -1, max: 1 });

const choice = fc.record({
  which: few,
  how: fc.nat(99),
  on: fc.nat(1),
});

type Placed = Choice & { readonly on: number };

function nameOf(acts: Readonly<Record<string, Act>>): fc.Arbitrary<string> {
  const names = Object.keys(acts);
  return fc.oneof(
    ...names.map((name) => ({ weight: WEIGHTS[name] ?? 1, arbitrary: fc.constant(name) })),
  );
}

const single = fc.tuple(nameOf(ACTS), choice).map(([name, choice]) => alone(name, choice));

/** Two who use the same code or refresh token at the same moment, at any of the instances. */
const rivals = fc.tuple(fc.constantFrom("redeem", "refresh"), choice, choice).map((
  [name, one, other],
) => race(name, one, { ...other, which: one.which }));

const crowd = fc.array(fc.tuple(nameOf(RACING), choice), { minLength: 2, maxLength: 3 })
  .map(together);

const commands = fc.commands([
  ...Array.from({ length: 9 }, () => single),
  choice.map(begin),
  choice.map(begin),
  rivals,
  rivals,
  crowd,
  fc.constantFrom(1, 5, 19, 20, 60, 61, 150).map(wait),
  fc.tuple(few, around).map(([which, by]) => waitFor(which, by)),
  fc.tuple(choice, around).map(([choice, by]) => retry(choice, by)),
  choice.map(leave),
  choice.map(reconfigure),
], { maxCommands: 40, size: "max" });

/** A code, redeemed. */
function begin(placed: Placed): Command {
  return command(`begin(${text(placed)})`, async (model, real) => {
    await perform(model, real, [["authorize", placed]]);
    await perform(model, real, [["redeem", { which: 0, how: 1, on: placed.on }]]);
  });
}

/** A refresh token is used, and again about when that is forgiven no more. */
function retry(placed: Placed, by: number): Command {
  return command(`retry(${text(placed)}, ${by})`, async (model, real) => {
    await begin(placed).run(model, real);
    await perform(model, real, [["refresh", { which: 0, how: 1, on: placed.on }]]);
    const { grace = 0 } = rulesOf(model.worlds[0]!.grants.at(-1)?.client ?? "");
    await advance(model, real, Math.max(0, grace + by));
    await perform(model, real, [["refresh", { which: 1, how: 1, on: 1 - placed.on }]]);
  });
}

/** A person logs out before the code is redeemed. */
function leave(placed: Placed): Command {
  return command(`leave(${text(placed)})`, async (model, real) => {
    await perform(model, real, [["authorize", placed]]);
    const [world] = model.worlds;
    const session = world?.grants.at(-1)?.session;
    if (world === undefined || session === undefined) return;
    const which = world.sessions.length - 1 - session;
    await perform(model, real, [["logOut", { ...placed, which }]]);
    await perform(model, real, [["redeem", { which: 0, how: 0, on: 1 - placed.on }]]);
  });
}

function race(name: string, one: Placed, other: Placed): Command {
  return command(`${name}(${text(one)} | ${text(other)})`, async (model, real) => {
    if (name === "redeem") await perform(model, real, [["authorize", one]]);
    await perform(model, real, [[name, one], [name, other]]);
  });
}

function alone(name: string, placed: Placed): Command {
  return command(`${name}(${text(placed)})`, async (model, real) => {
    await perform(model, real, [[name, placed]]);
  });
}

function together(acts: readonly (readonly [string, Placed])[]): Command {
  const shown = acts.map(([name, placed]) => `${name}(${text(placed)})`).join(" | ");
  return command(shown, (model, real) => perform(model, real, acts));
}

/** Does all at once, and keeps the worlds in which some order of them explains the answers. */
async function perform(
  model: Model,
  real: Servers,
  acts: readonly (readonly [string, Placed])[],
): Promise<void> {
  const [world] = model.worlds;
  assert.ok(world !== undefined);
  const judges = await Promise.all(acts.map(([name, placed]) => {
    const act = ACTS[name]?.(world, placed, model);
    return act?.(real.instances[placed.on]!);
  }));
  const problems: unknown[] = [];
  const next = new Map<string, World>();
  for (const world of model.worlds) {
    for (const order of orders(judges.filter((judge) => judge !== undefined))) {
      const copy = structuredClone(world);
      try {
        for (const judge of order) judge(copy);
        next.set(identity(copy), copy);
      } catch (problem) {
        problems.push(problem);
      }
    }
  }
  if (next.size === 0) throw problems.length === 1 ? problems[0] : new AggregateError(problems);
  model.worlds = [...next.values()];
}

function orders<A>(all: readonly A[]): A[][] {
  if (all.length < 2) return [[...all]];
  return all.flatMap((one, index) => orders(all.toSpliced(index, 1)).map((rest) => [one, ...rest]));
}

function identity(world: World): string {
  const tokens = world.tokens.toSorted((left, right) => left.token < right.token ? -1 : 1);
  return JSON.stringify({ ...world, tokens });
}

function wait(seconds: number): Command {
  return command(`wait(${seconds})`, (model, real) => advance(model, real, seconds));
}

/** Waits for the end of something, or until a second before or after it. */
function waitFor(which: number, by: number): Command {
  return command(`waitFor(${which}, ${by})`, async (model, real) => {
    const ends = endsOf(model.worlds[0]!);
    const end = ends[which % ends.length];
    if (end !== undefined) await advance(model, real, Math.max(0, end + by - real.env.now()));
  });
}

function endsOf({ now, grants, sessions, tokens }: World): number[] {
  const ends = [
    ...grants.flatMap(({ expires_at, chain }) => [
      expires_at,
      ...chain === undefined
        ? []
        : [chain.expires_at, chain.honoured_until, chain.absolute_expires_at],
    ]),
    ...sessions.flatMap(({ expires_at, absolute_expires_at }) => [expires_at, absolute_expires_at]),
    ...tokens.map(({ exp }) => exp),
  ];
  return [...new Set(ends.filter((end) => end > now))].sort((left, right) => left - right);
}

function advance(model: Model, real: Servers, seconds: number): Promise<void> {
  real.env.advance(seconds);
  for (const world of model.worlds) world.now = real.env.now();
  return Promise.resolve();
}

/** Somebody is disabled, a client loses a scope; or all is as it was. */
function reconfigure(placed: Placed): Command {
  return command(`reconfigure(${text(placed)})`, async (model, real) => {
    for (const world of model.worlds) change(world, placed);
    await real.reload(model.worlds[0]!);
  });
}

function change({ users, clients }: World, { which, how }: Choice): void {
  const people = Object.values(users);
  const apps = Object.values(clients);
  const changed = people.some(({ enabled }) => !enabled) ||
    apps.some(({ enabled, lost }) => !enabled || lost.length > 0);
  if (changed && how % 4 !== 0) {
    for (const one of [...people, ...apps]) one.enabled = true;
    for (const one of apps) one.lost = [];
    return;
  }
  const user = people[which % people.length]!;
  const client = apps[(which + how) % apps.length]!;
  if (how % 3 === 0) user.enabled = false;
  else if (how % 3 === 1) client.enabled = false;
  else client.lost = [which % 2 === 0 ? "email" : "offline_access"];
}

function command(
  shown: string,
  run: (model: Model, real: Servers) => Promise<void>,
): Command {
  return { check: () => true, run, toString: () => shown };
}

function text({ which, how, on }: Placed): string {
  return `${which}, ${how}, ${on}`;
}

/** At the end everything that was ever issued is tried once more, at both. */
async function tryAll(model: Model, real: Servers): Promise<void> {
  const [world] = model.worlds;
  assert.ok(world !== undefined);
  const { tokens, grants } = world;
  const chained = grants.reduce((sum, { chain }) => sum + (chain?.tokens.length ?? 0), 0);
  const all: readonly (readonly [name: string, count: number])[] = [
    ["userinfo", tokens.length],
    ["inspect", tokens.length],
    ["inspectRefresh", chained],
    ["refresh", Math.min(chained, 5)],
  ];
  for (const [name, count] of all) {
    for (let which = 0; which < count; which++) {
      await perform(model, real, [[name, { which, how: 0, on: which % 2 }]]);
    }
  }
}

async function checkModel(runs: number, open: (env: TestEnv) => Promise<readonly Store[]>) {
  const base = await baseConfig();
  const seed = Deno.env.get("GRANTS_MODEL_SEED");
  const noises = fc.integer({ min: 1, max: 2_147_483_646 });
  const beginnings = fc.array(choice, { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(noises, beginnings, commands, async (noise, beginnings, commands) => {
      const env = testEnv();
      const stores = await open(env);
      try {
        const slow = stores.map((store, index) => hesitant(store, noise + index));
        const servers = await openServers(base, env, slow);
        const model: Model = { worlds: [newWorld(env.now())], cookies: [] };
        for (const which of [0, 1]) {
          await perform(model, servers, [["logIn", { which, how: 1, on: which }]]);
          await perform(model, servers, [["askForItself", { which, how: 0, on: which }]]);
        }
        for (const placed of beginnings) await begin(placed).run(model, servers);
        await fc.asyncModelRun(() => ({ model, real: servers }), commands);
        await tryAll(model, servers);
      } finally {
        for (const store of new Set(stores)) store.close();
      }
    }),
    { numRuns: runs, ...seed === undefined ? {} : { seed: Number(seed) } },
  );
}

/** More for an afternoon, and the seed that a failure has printed: from the environment. */
const RUNS = Number(Deno.env.get("GRANTS_MODEL_RUNS") ?? 60);

Deno.test("RFC 6749 §10: two servers accept exactly the tokens that the rules call alive", async () => {
  await checkModel(RUNS, () => {
    const store = memoryStore();
    return Promise.resolve([store, store]);
  });
});

Deno.test("RFC 6749 §10: two servers on a Deno KV accept exactly the tokens that the rules call alive", async () => {
  await checkModel(Math.ceil(RUNS / 5), async (env) => {
    const store = await openKvStore(env, { url: ":memory:" });
    return [store, store];
  });
});
