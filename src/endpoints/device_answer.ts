/** How a device is answered: with a grant, or with that there is none. */

import type { Context } from "hono";
import { turnedInto } from "../login/interaction.ts";
import type { DeviceAnswer } from "../login/paused.ts";
import { takePart } from "../login/session.ts";
import { approveDevice, denyDevice, type DeviceServer } from "../tokens/device_authorization.ts";
import { mayUse } from "../users/directory.ts";
import type { Answering } from "./device_flow.ts";
import type { FlowServer, WaitingDeviceFlow } from "./flow.ts";
import { type AppEnv, audit } from "./http.ts";

/** What answering a device needs. */
export type DeviceAnswerServer = FlowServer & DeviceServer;

/** The audit event of each answer. */
const EVENT: Readonly<Record<DeviceAnswer, string>> = {
  approved: "device.authorization.approved",
  denied: "device.authorization.denied",
  forbidden: "device.authorization.denied",
};

/**
 * Answers, and notes the answer for the flow's last page, in one commit; `false` where something has changed at this
 * very moment, so that it has to be looked at again. Whoever may not use the client can only refuse.
 */
export async function answerDevice(
  server: DeviceAnswerServer,
  c: Context<AppEnv>,
  { client, device, visit: { ui_locales }, open }: WaitingDeviceFlow,
  { session, read, user, acr }: Answering,
  action: "allow" | "deny",
): Promise<boolean> {
  const { client_id } = client;
  const answer = action === "deny" ? "denied" : mayUse(user, client) ? "approved" : "forbidden";
  const answered = { client_id, answer, ui_locales } as const;
  const noted = turnedInto(server, open, { kind: "device_answered", answered });
  const { sub } = session;
  if (answer === "approved") {
    const part = takePart(server, read, client_id);
    const approved = await approveDevice(server, device, { ...session, acr }, {
      checks: [open.check, part.check],
      writes: [...noted, ...part.writes],
    });
    if (!approved) return false;
  } else {
    const denied = await denyDevice(server, device, { checks: [open.check], writes: noted });
    if (!denied) return false;
  }
  const scope = device.device.record.scope.join(" ");
  const because = answer === "forbidden" ? { reason: "the user may not use this client" } : {};
  audit(server, c, EVENT[answer], { client_id, sub, scope, ...because });
  return true;
}
