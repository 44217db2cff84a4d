/** Whether what is said of devices means something (RFC 8628 §3.2). */

import { DEVICE_CODE } from "../oauth/client.ts";
import type { Finding } from "./finding.ts";
import type { ClientConfig, Config } from "./schema.ts";

/** What only a client with devices has a use for. */
const MEMBERS = ["device_code_lifetime", "device_polling_interval"] as const;

/** What is wrong with the lifetime of codes, and with how often devices poll: the server's and each client's. */
export function deviceFindings(
  { clients, tokens }: Pick<Config, "clients" | "tokens">,
  incomplete: ReadonlySet<string>,
): Finding[] {
  // A client that differs from the server in one of the two is judged with the server's other one.
  const known = incomplete.has("tokens") ? {} : tokens;
  return [
    ...incomplete.has("tokens") ? [] : paceFindings(tokens, tokens, ["tokens"]),
    ...clients.flatMap((client, index) => {
      const path = ["clients", index];
      return client.grant_types.includes(DEVICE_CODE)
        ? paceFindings(client, known, path)
        : uselessFindings(client, path);
    }),
  ];
}

type Pace = Partial<Pick<ClientConfig, typeof MEMBERS[number]>>;

/** A code has to live until the second poll; what nobody has said anew is not found fault with again. */
function paceFindings(said: Pace, known: Pace, path: Finding["path"]): Finding[] {
  const lifetime = said.device_code_lifetime ?? known.device_code_lifetime;
  const interval = said.device_polling_interval ?? known.device_polling_interval;
  const member = MEMBERS.findLast((name) => said[name] !== undefined);
  if (lifetime === undefined || interval === undefined || member === undefined) return [];
  return interval < lifetime ? [] : [{
    path: [...path, member],
    message: `devices would poll every ${interval} s, but their codes live for ${lifetime} s`,
  }];
}

function uselessFindings(client: ClientConfig, path: Finding["path"]): Finding[] {
  return MEMBERS.filter((name) => client[name] !== undefined).map((name) => ({
    path: [...path, name],
    message: `has no effect without grant type ${DEVICE_CODE}`,
    warning: true,
  }));
}
