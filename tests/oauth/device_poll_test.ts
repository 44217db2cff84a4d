/** Whether a device that polls hears the right thing first (RFC 8628 §3.5). */

import fc from "fast-check";
import assert from "node:assert/strict";
import { judgePoll, type PolledDevice } from "../../src/oauth/device_poll.ts";

const END = 1600;

function device(members: Partial<PolledDevice> = {}): PolledDevice {
  return { state: "pending", interval: 5, polled_at: 1000, code_expires_at: END, ...members };
}

/** What a device hears that polls at some moment. */
const heard = (one: PolledDevice, now: number) => judgePoll(one, now).refusal?.code;

Deno.test("RFC 8628 §3.5: who polls in time waits, and its moment is noted", () => {
  for (const [polled_at, now] of [[undefined, 1000], [1000, 1005], [1000, 1599]] as const) {
    const { refusal, note } = judgePoll(device({ polled_at }), now);
    assert.equal(refusal?.code, "authorization_pending");
    assert.deepEqual(note, { interval: 5, polled_at: now });
  }
});

Deno.test("RFC 8628 §3.5: every poll that comes too early adds five seconds, for it and for all later ones", () => {
  let polled = device({ polled_at: undefined });
  const poll = (now: number) => {
    const { refusal, note } = judgePoll(polled, now);
    polled = { ...polled, ...note };
    return [refusal?.code, polled.interval];
  };
  assert.deepEqual(poll(1000), ["authorization_pending", 5]);
  assert.deepEqual(poll(1003), ["slow_down", 10]);
  assert.deepEqual(poll(1011), ["slow_down", 15]);
  assert.deepEqual(poll(1026), ["authorization_pending", 15]);
  assert.deepEqual(poll(1036), ["slow_down", 20]);
  assert.deepEqual(poll(1056), ["authorization_pending", 20]);
});

Deno.test("RFC 8628 §3.5: expired_token comes before slow_down, access_denied before both, and a yes ends with the code", () => {
  assert.equal(heard(device(), 1001), "slow_down");
  assert.equal(heard(device({ polled_at: END - 1 }), END - 1), "slow_down");
  assert.equal(heard(device({ polled_at: END - 1 }), END), "expired_token");
  assert.equal(heard(device({ state: "denied" }), 1001), "access_denied");
  assert.equal(heard(device({ state: "denied" }), END + 1), "access_denied");
  assert.equal(heard(device({ state: "approved" }), 1001), undefined);
  assert.equal(heard(device({ state: "approved" }), END - 1), undefined);
  assert.equal(heard(device({ state: "approved" }), END), "expired_token");
});

Deno.test("RFC 8628 §3.5: nothing is noted once there is nothing to wait for", () => {
  for (const one of [device({ state: "denied" }), device({ state: "approved" })]) {
    assert.equal(judgePoll(one, 1001).note, undefined);
  }
  assert.equal(judgePoll(device(), END).note, undefined);
});

Deno.test("RFC 8628 §5.2: a device that hammers is noted some hundred times, and hears the same from then on", () => {
  let [polled, notes] = [device({ polled_at: undefined }), 0];
  for (let now = 1000; now < END; now += 0.1) {
    const { refusal, note } = judgePoll(polled, Math.floor(now));
    assert.equal(refusal?.code, now === 1000 ? "authorization_pending" : "slow_down");
    if (note !== undefined) notes++;
    polled = { ...polled, ...note };
  }
  assert.ok(notes <= 121, String(notes));
  assert.equal(heard(polled, END), "expired_token");
});

for (const ahead of [0.3, 1, 30, 3600]) {
  Deno.test(`RFC 8628 §3.5: instances whose clocks differ by ${ahead} s don't slow a device down that keeps to its interval`, () => {
    for (const turns of [[0, 1], [0, 0, 1, 1, 1], [1, 0, 0]]) {
      let polled = device({ polled_at: undefined, code_expires_at: 9_999 });
      for (let n = 0; n < 100; n++) {
        const clock = 1000.8 + n * 5.1 + (turns[n % turns.length] === 0 ? ahead : 0);
        const { refusal, note } = judgePoll(polled, Math.floor(clock));
        assert.equal(refusal?.code, "authorization_pending", `${n}`);
        polled = { ...polled, ...note };
      }
    }
  });
}

Deno.test("RFC 8628 §5.2: whoever hammers is slowed down, and noted no more often, where the clocks of two instances differ", () => {
  for (const ahead of [0, 1, 30, 59]) {
    let [polled, notes, slowed] = [device({ polled_at: undefined }), 0, 0];
    for (let n = 0; n < 5000; n++) {
      const now = 1000 + Math.floor(n / 10) + (n % 2 === 0 ? ahead : 0);
      const { refusal, note } = judgePoll(polled, now);
      if (refusal?.code === "slow_down") slowed++;
      if (note !== undefined) notes++;
      polled = { ...polled, ...note };
    }
    assert.ok(notes <= 125, `${notes}`);
    assert.ok(slowed > 2000, `${slowed}`);
  }
});

Deno.test("RFC 8628 §3.5: what is not noted changes nothing that a later poll hears", () => {
  const gaps = fc.array(fc.nat(40), { maxLength: 80 });
  fc.assert(fc.property(gaps, fc.integer({ min: 1, max: 60 }), (gaps, interval) => {
    let [kept, always, now] = [
      device({ interval, polled_at: undefined }),
      device({ interval, polled_at: undefined }),
      1000,
    ];
    for (const gap of gaps) {
      now += gap;
      const verdict = judgePoll(kept, now);
      // The same device, of which every poll is noted.
      const early = always.polled_at !== undefined &&
        (now === always.polled_at || now < always.polled_at + always.interval - 1);
      const expected = now >= END ? "expired_token" : early ? "slow_down" : "authorization_pending";
      assert.equal(verdict.refusal?.code, expected);
      kept = { ...kept, ...verdict.note };
      always = { ...always, polled_at: now, interval: always.interval + (early ? 5 : 0) };
    }
  }));
});
