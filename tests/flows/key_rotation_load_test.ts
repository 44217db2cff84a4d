/** Whether anybody notices that keys follow one another who asks for tokens all the time, over real HTTP. */

import assert from "node:assert/strict";
import { decodeProtectedHeader } from "jose";
import { accessToken, relyingParty, rotating, signedAnswer } from "../support/rotation.ts";
import { listeningServer } from "../support/server.ts";

const LIFETIME = 300;
const TIMES = { propagation: "5m", rotation: "10m", retention: "20m" };

Deno.test("rotation: of six clients that ask all the time nobody is refused or gets what can't be verified", async () => {
  await using server = await listeningServer({ config: rotating(TIMES, LIFETIME) });
  const { env, server: { keys } } = server;
  let going = true;
  let tokens = 0;
  const kids = new Set<string>();
  const turns = Array.from({ length: 6 }, () => 0);
  const client = async (place: number) => {
    const verifier = relyingParty();
    const waiting: { readonly jwt: string; readonly until: number }[] = [];
    while (going) {
      const asked = env.now();
      const token = await accessToken(server);
      const answer = await signedAnswer(server, token);
      for (const jwt of [token, answer]) {
        await verifier.verify(server, jwt, env.now());
        kids.add(String(decodeProtectedHeader(jwt).kid));
        tokens++;
      }
      waiting.push({ jwt: token, until: asked + LIFETIME });
      const ending = waiting.findIndex(({ until }) => until > env.now() + 60);
      for (const { jwt } of waiting.splice(0, ending === -1 ? waiting.length : ending)) {
        await verifier.verify(server, jwt, env.now());
      }
      turns[place]! += 1;
    }
  };
  const clients = Promise.all(turns.map((_, place) => client(place).finally(() => going = false)));
  // Told of below.
  clients.catch(() => {});
  // A round of the instance every 30 seconds of its time, in which each client has had a turn: 20 in the life of a key.
  for (let round = 0; going && round < 70; round++) {
    env.advance(30);
    await keys.tend();
    const before = [...turns];
    while (going && turns.some((turn, place) => turn === before[place])) await accessToken(server);
  }
  going = false;
  await clients;
  assert.ok(kids.size >= 8, `${kids.size} keys`);
  assert.ok(tokens > 300, `${tokens} tokens`);
  assert.deepEqual(env.events.filter(({ level }) => level === "error" || level === "warn"), []);
});
