/** What a device that polls gets, once its person has answered (RFC 8628 §3.4, §3.5). */

import { equalDigests } from "../lib/bytes.ts";
import type { Client } from "../oauth/client.ts";
import { judgePoll } from "../oauth/device_poll.ts";
import { OAuthError } from "../oauth/error.ts";
import type { DeviceAuthorization } from "../store/records.ts";
import { type PresentedHandle, readHandle } from "../tokens/handle.ts";
import type { TokenResponse } from "../tokens/issue.ts";
import type { GrantRequest, GrantServer } from "./grant.ts";
import { redeem } from "./redeem.ts";

/**
 * The `urn:ietf:params:oauth:grant-type:device_code` grant. In this order a poll is refused: an unknown code, another
 * client's, and what `judgePoll` says; after a yes, a code that was redeemed before, and a grant that has ended since.
 */
export async function deviceCode(
  server: GrantServer,
  request: GrantRequest,
): Promise<TokenResponse> {
  const presented = readHandle("device_code", request.parameters.require("device_code"));
  if (presented === undefined) throw unknownCode();
  await requireYes(server, request.client, presented);
  for (;;) {
    const read = await server.records.authorization.read(presented.grant_id);
    // RFC 6749 §5.2: revoked; access_denied is what a person says who is asked
    if (read === undefined) {
      throw new OAuthError("invalid_grant", "what was granted has ended, or has been removed");
    }
    const { code } = read.record;
    // A second use ends nothing: devices poll again where an answer was lost, and who has the code has had the answer.
    if (code === undefined) {
      throw new OAuthError("invalid_grant", "the device code was used before");
    }
    const tokens = await redeem(server, request, presented, read, code);
    // Where somebody else was faster, another poll or whoever ends grants, all is judged anew.
    if (tokens !== undefined) return tokens;
  }
}

/** Notes the poll, and throws unless the person has allowed it. Polls of the same moment share a commit, each seeing the one before. */
async function requireYes(
  { env, records }: GrantServer,
  client: Client,
  presented: PresentedHandle,
): Promise<void> {
  let refusal: OAuthError | undefined;
  await records.device_authorization.update(presented.grant_id, (device) => {
    const own = requireOwn(device, client, presented);
    const verdict = judgePoll(own, env.now());
    refusal = verdict.refusal;
    return verdict.note && { ...own, ...verdict.note };
  });
  if (refusal !== undefined) throw refusal;
}

/** The device of this code and client; nothing changes where there is none. */
function requireOwn(
  device: DeviceAuthorization | undefined,
  client: Client,
  { sha256 }: PresentedHandle,
): DeviceAuthorization {
  if (device === undefined || !equalDigests(device.sha256, sha256)) throw unknownCode();
  if (device.client_id !== client.client_id) {
    throw new OAuthError("invalid_grant", "the device code was issued to another client");
  }
  return device;
}

function unknownCode(): OAuthError {
  return new OAuthError("invalid_grant", "the device code is unknown");
}
