/** Whether a pairwise subject is what OpenID Connect Core §8.1 wants it to be. */

import assert from "node:assert/strict";
import { sidFor, subjectFor } from "../../src/tokens/subject.ts";

const SALT = "a-salt-of-some-length";
const config = { tokens: { pairwise_salt: SALT } };
const client = { subject_type: "pairwise", sector_identifier: "rp.example.com" } as const;

Deno.test("OpenID Connect Core §8: a public client sees the person's own sub, salt or not", () => {
  const open = { ...client, subject_type: "public" } as const;
  assert.equal(subjectFor({ config }, open, "alice"), "alice");
  assert.equal(subjectFor({ config: { tokens: { pairwise_salt: undefined } } }, open, "a"), "a");
});

Deno.test("OpenID Connect Core §8.1: a pairwise sub hangs on sector, person and salt, and keeps them apart", () => {
  const of = (sector_identifier: string, sub: string, pairwise_salt = SALT) =>
    subjectFor({ config: { tokens: { pairwise_salt } } }, { ...client, sector_identifier }, sub);
  assert.equal(of("a.example", "alice"), of("a.example", "alice"));
  const all = [
    of("a.example", "alice"),
    of("b.example", "alice"),
    of("a.example", "bob"),
    of("a.example", "alice", "another-salt-of-some-length"),
    of("a.examplea", "lice"),
  ];
  assert.equal(new Set(all).size, all.length);
});

Deno.test("OpenID Connect Core §8: a pairwise client sees a sid of its own sector, a public one the session's", () => {
  const of = (sector_identifier: string, sid: string) =>
    sidFor({ config }, { ...client, sector_identifier }, sid);
  assert.equal(of("a.example", "s1"), of("a.example", "s1"));
  const all = [
    of("a.example", "s1"),
    of("b.example", "s1"),
    of("a.example", "s2"),
    subjectFor({ config }, { ...client, sector_identifier: "a.example" }, "s1"),
  ];
  assert.equal(new Set(all).size, all.length);
  assert.equal(sidFor({ config }, { ...client, subject_type: "public" }, "s1"), "s1");
});
