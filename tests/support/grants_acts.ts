/** What people and clients do in the model test, at the same moment as others too, each with the rule that judges the answer. */

import { decodeJwt } from "jose";
import assert from "node:assert/strict";
import { endSession } from "../../src/login/end_session.ts";
import { DEVICE_CODE } from "../../src/oauth/client.ts";
import type { Server } from "../../src/server.ts";
import { inspectAccessToken, inspectRefreshToken } from "../../src/tokens/inspect.ts";
import { CALLBACK } from "./config.ts";
import { type Fields, post, userinfo, VERIFIER } from "./flow.ts";
import {
  aliveScope,
  CLIENTS,
  grantOf,
  isSessionAlive,
  isTokenAccepted,
  isTokenGood,
  judgeRedemption,
  judgeRefresh,
  mayStillUse,
  noteToken,
  outlives,
  refused,
  rulesOf,
  sessionOf,
  stands,
  type World,
} from "./grants_world.ts";
import type { TestServer } from "./server.ts";

/** One of the servers. */
export type Instance = Pick<TestServer, "fetch" | "issuer"> & { readonly server: Server };

/** Checks an answer against a world and lets the world go on; throws where the answer is not what it had to be. */
export type Judge = (world: World) => void;

/** What an act is chosen by: whom it concerns, how it is done. */
export interface Choice {
  readonly which: number;
  readonly how: number;
}

/** What acts know besides the world. */
export interface Hands {
  /** The cookies of the world's sessions. */
  readonly cookies: string[];
}

/** Does something at an instance; `undefined` where there is nothing to do it to. */
export type Act = (
  world: World,
  choice: Choice,
  hands: Hands,
) => ((on: Instance) => Promise<Judge>) | undefined;

/** The clients that people use. */
export const PEOPLE = Object.keys(CLIENTS).filter((id) => !rulesOf(id).machine);
/** The clients that get tokens for themselves. */
export const MACHINES = Object.keys(CLIENTS).filter((id) => rulesOf(id).machine);

/** The last of a list for 0, and so on round. */
export function recent<A>(list: readonly A[], which: number): A | undefined {
  return list.at(-1 - which % Math.max(1, list.length));
}

/** One of a list, round and round. */
export function at<A>(list: readonly A[], which: number): A {
  const one = list[which % list.length];
  assert.ok(one !== undefined);
  return one;
}

function as(client: string, form: Fields): Fields {
  return { client_id: client, client_secret: rulesOf(client).secret, ...form };
}

/** Mostly what still stands: what has ended is tried often enough. */
function mostly<A>(list: readonly A[], { which, how }: Choice, stands: (one: A) => boolean) {
  const standing = how % 5 === 0 ? [] : list.filter(stands);
  return recent(standing.length > 0 ? standing : list, which);
}

function someRefreshToken(world: World, choice: Choice) {
  const all = world.grants.flatMap((grant, index) =>
    (grant.chain?.tokens ?? []).map((token) => ({ grant, index, token }))
  );
  return mostly(all, choice, ({ grant }) => stands(world, grant));
}

function someToken(world: World, choice: Choice) {
  return mostly(world.tokens, choice, (token) => isTokenGood(world, token));
}

/** What can be done at the same moment as something else. */
export const RACING = {
  redeem(world, choice) {
    const { how } = choice;
    const grant = mostly(world.grants, choice, (one) => stands(world, one) && !one.redeemed);
    if (grant === undefined) return undefined;
    const index = world.grants.indexOf(grant);
    const wrong = how % 8;
    const client = wrong === 5 ? at(PEOPLE, how) : grant.client;
    const form = grant.by_device ? { grant_type: DEVICE_CODE, device_code: grant.code } : {
      grant_type: "authorization_code",
      code: grant.code,
      redirect_uri: wrong === 6 ? `${CALLBACK}2` : CALLBACK,
      code_verifier: wrong === 7 ? "w".repeat(43) : VERIFIER,
    };
    return async (on) => {
      const answer = await post(on, "/connect/token", as(client, form));
      return (world) => judgeRedemption(world, index, { client, wrong: wrong > 5 }, answer);
    };
  },
  refresh(world, choice) {
    const { how } = choice;
    const found = someRefreshToken(world, choice);
    if (found === undefined) return undefined;
    const { index, token } = found;
    const client = how % 16 === 15 ? at(PEOPLE, how) : world.grants[index]!.client;
    const narrowed = how % 8 === 6 ? ["openid"] : how % 8 === 7 ? ["openid", "phone"] : undefined;
    const form = {
      grant_type: "refresh_token",
      refresh_token: token,
      scope: narrowed?.join(" "),
    };
    return async (on) => {
      const answer = await post(on, "/connect/token", as(client, form));
      return (world) => judgeRefresh(world, index, { token, client, narrowed }, answer);
    };
  },
  userinfo(world, choice) {
    const token = someToken(world, choice)?.token;
    if (token === undefined) return undefined;
    return async (on) => {
      const { status, body } = await userinfo(on, token);
      return (world) => {
        const state = world.tokens.find((one) => one.token === token)!;
        const grant = grantOf(world, state);
        if (!isTokenAccepted(world, state)) return assert.equal(status, 401, "dead");
        const person = grant !== undefined && state.scope.includes("openid");
        assert.equal(status, person ? 200 : 403, "alive");
        if (person) assert.equal(body["sub"], `sub-${sessionOf(world, grant).user}`);
      };
    };
  },
  inspect(world, choice) {
    const token = someToken(world, choice)?.token;
    if (token === undefined) return undefined;
    return async ({ server }) => {
      const seen = await inspectAccessToken(server, token);
      return (world) => {
        const state = world.tokens.find((one) => one.token === token)!;
        assert.equal(seen !== undefined, isTokenAccepted(world, state), "alive");
        if (seen === undefined) return;
        const { client, scope, exp, iat } = state;
        const { claims, jti, ...rest } = seen;
        assert.deepEqual([rest.client_id, rest.scope, rest.exp], [client, scope, exp]);
        assert.deepEqual([claims["iat"], claims["exp"], claims["jti"]], [iat, exp, jti]);
        assert.equal(grantOf(world, state)?.grant_id, jti.split(".").at(-2));
        if (!rulesOf(client).reference) assert.deepEqual(claims, decodeJwt(token));
      };
    };
  },
  inspectRefresh(world, choice) {
    const found = someRefreshToken(world, choice);
    if (found === undefined) return undefined;
    const { token, index } = found;
    return async ({ server }) => {
      const seen = await inspectRefreshToken(server, token);
      return (world) => {
        const grant = world.grants[index]!;
        const { chain } = grant;
        const current = stands(world, grant) && token === chain?.tokens.at(-1) &&
          world.now < chain.expires_at;
        const refreshes = aliveScope(world, grant).includes("offline_access");
        const good = current && refreshes && mayStillUse(world, grant);
        assert.equal(seen?.exp, good ? chain.expires_at : undefined);
      };
    };
  },
  giveBackRefresh(world, choice) {
    const { how } = choice;
    const found = someRefreshToken(world, choice);
    if (found === undefined) return undefined;
    const { token, index } = found;
    const client = how % 4 === 3 ? at(PEOPLE, how) : world.grants[index]!.client;
    return async (on) => {
      const answer = await post(on, "/connect/revocation", as(client, { token }));
      return (world) => {
        const grant = world.grants[index]!;
        if (!world.clients[client]?.enabled) return refused(answer, "invalid_client");
        if (stands(world, grant)) {
          if (client !== grant.client) return refused(answer);
          grant.ended = true;
        }
        assert.equal(answer.status, 200);
      };
    };
  },
  giveBackAccess(world, choice) {
    const { how } = choice;
    const found = someToken(world, choice);
    if (found === undefined) return undefined;
    const { token } = found;
    const client = how % 4 === 3 ? at(PEOPLE, how) : found.client;
    return async (on) => {
      const answer = await post(on, "/connect/revocation", as(client, { token }));
      return (world) => {
        const state = world.tokens.find((one) => one.token === token)!;
        if (!world.clients[client]?.enabled) return refused(answer, "invalid_client");
        if (isTokenGood(world, state)) {
          if (client !== state.client) return refused(answer);
          state.revoked = true;
        }
        assert.equal(answer.status, 200);
      };
    };
  },
  logOut(world, { which }) {
    const session = recent(world.sessions, which);
    if (session === undefined) return undefined;
    const index = world.sessions.indexOf(session);
    return async ({ server }) => {
      const ended = await endSession(server, session.sid, 0);
      return (world) => {
        const session = world.sessions[index]!;
        assert.equal(ended !== undefined, isSessionAlive(world, session));
        if (ended === undefined) return;
        session.ended = true;
        for (const grant of world.grants.filter((one) => one.session === index)) {
          if (!outlives(grant)) grant.ended = true;
        }
      };
    };
  },
  askForItself(_world, { which }) {
    const client = at(MACHINES, which);
    return async (on) => {
      const form = { grant_type: "client_credentials", scope: "invoices.read" };
      const answer = await post(on, "/connect/token", as(client, form));
      return (world) => {
        if (!world.clients[client]?.enabled) return refused(answer, "invalid_client");
        noteToken(world, client, undefined, ["invoices.read"], answer);
      };
    };
  },
} satisfies Record<string, Act>;
