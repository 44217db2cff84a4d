/** Whether anybody notices that keys follow one another, at instances whose clocks differ, over years. */

import assert from "node:assert/strict";
import { decodeJwt } from "jose";
import { keyPolicy } from "../../src/config/key_policy.ts";
import { SPREAD } from "../../src/keys/plan.ts";
import type { ScheduledKey } from "../../src/store/records.ts";
import { testConfig } from "../support/config.ts";
import { START } from "../support/env.ts";
import { memoryStore } from "../support/memory_store.ts";
import {
  accessToken,
  type Instance,
  instance,
  relyingParty,
  rotating,
  scheduleIn,
  signedAnswer,
} from "../support/rotation.ts";

const HOUR = 3600;
const DAY = 24 * HOUR;
const ALGORITHMS = ["ES256", "EdDSA"] as const;

/** How long an instance is looked at closely before and after anything happens, and how long with pauses behind that. */
const CLOSE = { before: 120, after: 180, behind: 2 * HOUR, pause: 1800 } as const;

/** Numbers that are the same in every run: between 0 and 1. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** What has been seen of a world. */
interface Seen {
  readonly tokens: number;
  readonly restarts: number;
  readonly keys: readonly ScheduledKey[];
}

/** Lets a world go on for so many seconds. Throws at the first token that can't be verified. */
async function live(managed: Record<string, string>, span: number, seed: number): Promise<Seen> {
  const chance = dice(seed);
  const between = (least: number, most: number) => Math.round(least + chance() * (most - least));
  const any = <T>(list: readonly T[]): T => list[Math.floor(chance() * list.length)]!;

  const store = memoryStore();
  const config = await testConfig(rotating(managed, HOUR));
  const policy = keyPolicy(config.keys);
  const instances = await Promise.all(
    [-30, 0, 30].map((offset) => instance(config, store, offset)),
  );
  const verifiers = [relyingParty(), relyingParty(), relyingParty()];
  /** In the order of their ends. */
  const waiting: { readonly jwt: string; readonly until: number }[] = [];
  const keys = new Map<string, ScheduledKey>();
  const rounds = new Map(instances.map((one) => [one, 0]));
  let [now, tokens, restarts] = [START, 0, 0];

  const moveTo = (time: number) => {
    for (const { env } of instances) env.advance(time - now);
    now = time;
  };
  const tend = async (one: Instance) => {
    await one.server.keys.tend();
    rounds.set(one, now + between(19, 29));
  };
  const nextRound = () => Math.min(...rounds.values());
  /** Whatever an instance does, as late as it may. */
  const advance = async (time: number) => {
    for (let round = nextRound(); round <= time; round = nextRound()) {
      moveTo(Math.max(now, round));
      for (const one of instances) if ((rounds.get(one) ?? 0) <= now) await tend(one);
    }
    moveTo(time);
  };
  /** The same where nothing happens in all the rounds until then, so that they can be left out. */
  const leap = async (time: number) => {
    moveTo(time);
    for (const one of instances) await tend(one);
  };
  const act = async () => {
    for (const { server } of instances) {
      for (const alg of ALGORITHMS) assert.ok(server.keys.signing(alg), `${alg} at ${now}`);
    }
    const token = await accessToken(any(instances));
    const answer = await signedAnswer(any(instances), token);
    waiting.push({ jwt: token, until: now + HOUR });
    for (const jwt of [token, answer]) await any(verifiers).verify(any(instances), jwt, now);
    tokens += 2;
    if (chance() < 0.03) {
      restarts++;
      await any(instances).restart();
    }
  };
  /** Those that end soon, once more. */
  const lookBack = async (time: number, go: (time: number) => Promise<void>) => {
    const ending = waiting.findLastIndex(({ until }) => until - 1 <= time) + 1;
    for (const { jwt, until } of waiting.splice(0, ending)) {
      await go(Math.max(now, until - 1));
      assert.ok(decodeJwt(jwt).exp! >= now - 30);
      await any(verifiers).verify(any(instances), jwt, now);
    }
  };
  const walkTo = async (time: number, pause: () => number, go: (time: number) => Promise<void>) => {
    while (now < time) {
      const next = Math.min(time, now + pause());
      await lookBack(next, go);
      await go(next);
      await act();
    }
  };

  while (now < START + span) {
    const schedule = await scheduleIn(store);
    for (const key of schedule) keys.set(key.kid, key);
    const times = schedule.flatMap(({ signs_from, retires_at = Infinity }) => [
      signs_from,
      signs_from + policy.rotation - policy.propagation - SPREAD,
      retires_at,
    ]).filter((time) => time > now);
    const event = Math.min(...times);
    const quiet = event - CLOSE.before;
    if (quiet > now) {
      await lookBack(quiet, leap);
      await leap(quiet);
    }
    await walkTo(event + CLOSE.after, () => between(10, 45), advance);
    const later = times.map((time) => time - CLOSE.before).filter((time) => time > now);
    const pause = () => between(CLOSE.pause / 2, CLOSE.pause);
    await walkTo(Math.min(now + CLOSE.behind, ...later), pause, leap);
  }
  return { tokens, restarts, keys: [...keys.values()] };
}

/** Whether each follows the one before it when it should, and no two come where one was meant. */
function assertRow(keys: readonly ScheduledKey[], rotation: number): number {
  let most = 0;
  for (const named of ALGORITHMS) {
    const begins = keys.filter(({ alg }) => alg === named).map(({ signs_from }) => signs_from);
    for (const [index, begin] of begins.entries()) {
      const turn = begin - (begins[index - 1] ?? begin - rotation);
      assert.ok(turn >= rotation && turn <= rotation + 2 * SPREAD, `${named}: ${turn}`);
    }
    most = Math.max(most, begins.length);
  }
  return most;
}

Deno.test("OpenID Connect Core §10.1.1: in two years of rotations nobody meets a token that can't be verified", async () => {
  const seen = await live({}, 730 * DAY, 1);
  assert.equal(assertRow(seen.keys, 90 * DAY), 9);
  assert.ok(seen.tokens > 500 && seen.restarts > 3, `${seen.tokens}, ${seen.restarts}`);
});

Deno.test("OpenID Connect Core §10.1.1: nor with the shortest propagation and a rotation every other hour", async () => {
  const times = { propagation: "5m", rotation: "2h", retention: "2h" };
  const seen = await live(times, DAY, 2);
  assert.equal(assertRow(seen.keys, 2 * HOUR), 12);
  assert.ok(seen.tokens > 400 && seen.restarts > 3, `${seen.tokens}, ${seen.restarts}`);
});

Deno.test("OpenID Connect Core §10.1.1: nor where keys are announced for as long as they sign", async () => {
  const times = { propagation: "30d", rotation: "30d", retention: "1d" };
  const seen = await live(times, 200 * DAY, 3);
  assert.equal(assertRow(seen.keys, 30 * DAY), 8);
});
