/** How /account says what was just done there, and nothing because a link from elsewhere wants it to. */

import type { Context } from "hono";
import { equalInConstantTime } from "../lib/bytes.ts";
import { formToken } from "../login/form_token.ts";
import type { PageVisit } from "../login/paused.ts";
import { browserOf, type LoggedIn } from "./browser.ts";
import type { FlowServer } from "./flow.ts";
import { type AppEnv, readQuery } from "./http.ts";
import { addressOf } from "./visit.ts";

/** What there is to say, as it stands in the address: the client that was removed, or which sessions were signed out. */
export interface Notice {
  readonly kind: "removed" | "signed_out";
  readonly what: string;
}

/** The address at which the page says it to this person, in this browser. */
export function noticeAddress(
  server: FlowServer,
  c: Context<AppEnv>,
  visit: PageVisit,
  login: LoggedIn,
  notice: Notice,
): string {
  const proof = proofOf(server, c, login, notice);
  return addressOf(server, visit, { [notice.kind]: notice.what, proof });
}

/** What the address of the page says of this kind, if we have said so ourselves. */
export function provenNotice(
  server: FlowServer,
  c: Context<AppEnv>,
  login: LoggedIn,
  kind: Notice["kind"],
): string | undefined {
  const query = readQuery(c);
  const what = query.get(kind);
  if (what === undefined) return undefined;
  const expected = proofOf(server, c, login, { kind, what });
  return equalInConstantTime(query.get("proof") ?? "", expected) ? what : undefined;
}

function proofOf(
  server: FlowServer,
  c: Context<AppEnv>,
  { session }: LoggedIn,
  { kind, what }: Notice,
): string {
  return formToken(`account ${kind}`, browserOf(server, c), `${session.sid}\0${what}`);
}
