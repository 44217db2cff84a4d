/** What people and operators do to grants in the model test that others have to wait for: it concerns many, or brings something new. */

import assert from "node:assert/strict";
import { withdrawConsents } from "../../src/login/consent.ts";
import { readSession, startSession } from "../../src/login/session.ts";
import type { Client } from "../../src/oauth/client.ts";
import type { Server } from "../../src/server.ts";
import { approveDevice, beginDevice, findDevice } from "../../src/tokens/device_authorization.ts";
import { type GrantFilter, listGrants, revokeGrants } from "../../src/tokens/stored_grants.ts";
import { type GrantingLogin, newGrant } from "../../src/tokens/new_grant.ts";
import { CHALLENGE } from "./flow.ts";
import {
  type Act,
  at,
  type Choice,
  type Hands,
  type Instance,
  type Judge,
  MACHINES,
  PEOPLE,
  recent,
} from "./grants_acts.ts";
import {
  type GrantState,
  isSessionAlive,
  LIFETIME,
  seeSession,
  sessionOf,
  stands,
  useSession,
  type World,
} from "./grants_world.ts";
import { someRequest } from "./some_records.ts";

const SCOPES = [
  ["openid", "email", "offline_access"],
  ["openid", "offline_access", "invoices.read"],
  ["openid", "email"],
  ["email", "offline_access"],
];

function filterOf(world: World, { which, how }: Choice): GrantFilter {
  const grant = recent(world.grants, which);
  if (grant === undefined || how % 6 === 5) return { client_id: at(MACHINES, which) };
  const { user, sid } = sessionOf(world, grant);
  const [sub, client_id] = [`sub-${user}`, grant.client];
  return at([{ sub }, { client_id }, { sid }, { sub, client_id }, { sid, client_id }], how);
}

function matches(world: World, { sub, client_id, sid }: GrantFilter) {
  return (grant: GrantState) => {
    const session = sessionOf(world, grant);
    return stands(world, grant) && (sub === undefined || `sub-${session.user}` === sub) &&
      (client_id === undefined || grant.client === client_id) &&
      (sid === undefined || session.sid === sid);
  };
}

function logIn(world: World, user: string, index: number | undefined, hands: Hands) {
  return async ({ server }: Instance): Promise<Judge> => {
    const handle = index === undefined ? undefined : hands.cookies[index];
    const login = { sub: `sub-${user}`, amr: ["pwd"], device: "" };
    const next = await startSession(server, login, { handle });
    const place = index ?? world.sessions.length;
    hands.cookies[place] = next.handle;
    return ({ now, sessions }) => {
      const old = sessions[place];
      assert.ok(old === undefined || old.sid === next.session.sid, "the same sid");
      const state = { user, sid: next.session.sid, ended: false };
      const absolute_expires_at = now + LIFETIME.session;
      sessions[place] = { ...state, seen_at: 0, expires_at: 0, absolute_expires_at };
      seeSession({ ...world, now }, sessions[place]);
    };
  };
}

async function grantByCode(
  server: Server,
  client: Client,
  scope: readonly string[],
  login: GrantingLogin,
): Promise<string> {
  const { client_id } = client;
  const request = someRequest({ client_id, scope, code_challenge: CHALLENGE });
  const { authorization, code } = newGrant(server, client, request, login);
  assert.ok(code !== undefined);
  await server.records.authorization.put(authorization.grant_id, authorization);
  return code;
}

async function grantToDevice(
  server: Server,
  client: Client,
  scope: readonly string[],
  login: GrantingLogin,
): Promise<string> {
  const request = { scope, resource: [] };
  const { device_code, user_code } = await beginDevice(server, client, request, "192.0.2.1");
  const device = await findDevice(server, user_code);
  assert.ok(device !== undefined);
  assert.ok(await approveDevice(server, device, login, { checks: [], writes: [] }));
  return device_code;
}

/** What is done alone: it changes whom others can choose, or concerns many. */
export const ALONE = {
  logIn(world, { which, how }, hands) {
    const again = recent(world.sessions, which);
    return how % 2 === 0 && again !== undefined && isSessionAlive(world, again)
      ? logIn(world, again.user, world.sessions.indexOf(again), hands)
      : logIn(world, at(["alice", "bob"], which), undefined, hands);
  },
  authorize(world, { which, how }, { cookies }) {
    const client = at(PEOPLE, how);
    const session = recent(world.sessions.filter((one) => isSessionAlive(world, one)), which);
    if (session === undefined) return undefined;
    if (!world.users[session.user]?.enabled || !world.clients[client]?.enabled) return undefined;
    const index = world.sessions.indexOf(session);
    const scope = at(SCOPES, which + how);
    return async ({ server }) => {
      const login = (await readSession(server, cookies[index]))?.record;
      const registered = await server.clients.find(client);
      assert.ok(login !== undefined && registered !== undefined);
      const by_device = Math.floor(how / PEOPLE.length) % 3 === 0;
      const grant = by_device ? grantToDevice : grantByCode;
      const code = await grant(server, registered, scope, { ...login, acr: undefined });
      const { grants } = await listGrants(server, { sid: login.sid });
      return (world) => {
        useSession(world, world.sessions[index]!);
        const grant_id = grants.map((one) => one.grant_id)
          .find((id) => world.grants.every((one) => one.grant_id !== id));
        assert.ok(grant_id !== undefined);
        const expires_at = world.now + LIFETIME.code;
        const state = { grant_id, client, scope, session: index, expires_at };
        const waiting = { code, code_expires_at: expires_at, by_device, redeemed: false };
        world.grants.push({ ...state, ...waiting, ended: false, chain: undefined });
      };
    };
  },
  list(world, choice) {
    const filter = filterOf(world, choice);
    return async ({ server }) => {
      const { grants } = await listGrants(server, filter);
      return (world) => {
        const expected = world.grants.filter(matches(world, filter));
        assert.deepEqual(
          grants.map((one) => one.grant_id).sort(),
          expected.map((one) => one.grant_id).sort(),
        );
      };
    };
  },
  revoke(world, choice) {
    const filter = filterOf(world, choice);
    return async ({ server }) => {
      const ended = await revokeGrants(server, filter);
      return (world) => {
        const found = world.grants.filter(matches(world, filter));
        assert.equal(ended, found.length);
        for (const grant of found) grant.ended = true;
        const { sub, sid, client_id } = filter;
        if (sub === undefined && sid === undefined && client_id !== undefined) {
          world.revoked[client_id] = world.now;
        }
      };
    };
  },
  withdraw(world, { which }) {
    const grant = recent(world.grants, which);
    if (grant === undefined) return undefined;
    const filter = { sub: `sub-${sessionOf(world, grant).user}`, client_id: grant.client };
    return async ({ server }) => {
      await withdrawConsents(server, filter);
      await revokeGrants(server, filter);
      return (world) => {
        for (const one of world.grants.filter(matches(world, filter))) one.ended = true;
      };
    };
  },
} satisfies Record<string, Act>;
