/** Whether a semaphore bounds what runs and what waits. */

import assert from "node:assert/strict";
import { Busy, semaphore } from "../../src/lib/semaphore.ts";

Deno.test("semaphore: no more than `parallel` run, in the order they came", async () => {
  const inTurn = semaphore(2, 10);
  const gates = Array.from({ length: 5 }, () => Promise.withResolvers<void>());
  const begun: number[] = [];
  const works = gates.map((gate, index) =>
    inTurn(async () => {
      begun.push(index);
      await gate.promise;
      return index;
    })
  );
  assert.deepEqual(begun, [0, 1]);
  gates[1]?.resolve();
  assert.equal(await works[1], 1);
  assert.deepEqual(begun, [0, 1, 2]);
  for (const gate of gates) gate.resolve();
  assert.deepEqual(await Promise.all(works), [0, 1, 2, 3, 4]);
  assert.deepEqual(begun, [0, 1, 2, 3, 4]);
});

Deno.test("semaphore: who finds too many waiting is refused and never begun", async () => {
  const inTurn = semaphore(1, 1);
  const gate = Promise.withResolvers<void>();
  const running = inTurn(() => gate.promise);
  const waiting = inTurn(() => Promise.resolve("waited"));
  let begun = false;
  await assert.rejects(
    inTurn(() => {
      begun = true;
      return Promise.resolve();
    }),
    Busy,
  );
  assert.equal(begun, false);
  gate.resolve();
  await running;
  assert.equal(await waiting, "waited");
  assert.equal(await inTurn(() => Promise.resolve("later")), "later");
});

Deno.test("semaphore: work that throws gives its place back", async () => {
  const inTurn = semaphore(1, 1);
  const broken = inTurn(() => Promise.reject(new Error("broken")));
  const next = inTurn(() => Promise.resolve("next"));
  await assert.rejects(broken, /broken/);
  assert.equal(await next, "next");
  assert.equal(await inTurn(() => Promise.resolve("last")), "last");
});

Deno.test("semaphore: a newcomer can't take the place that is being handed over", async () => {
  const inTurn = semaphore(1, 2);
  let running = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++running);
    await Promise.resolve();
    running--;
  };
  const first = inTurn(work);
  const second = inTurn(work);
  const newcomer = first.then(() => inTurn(work));
  await Promise.all([first, second, newcomer]);
  assert.equal(most, 1);
});
