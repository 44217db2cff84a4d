/** A small device for the demo: shows a code in the terminal, waits until somebody allows it, and shows what it got. */

import * as oauth from "oauth4webapi";

const issuer = new URL(Deno.args[0] ?? "http://127.0.0.1:9000");
const client: oauth.Client = { client_id: "tv" };
// A device keeps no secret.
const authentication = oauth.None();
// The demo speaks http on loopback; a real client speaks https.
const insecure = { [oauth.allowInsecureRequests]: true };

async function askForCodes(
  server: oauth.AuthorizationServer,
): Promise<oauth.DeviceAuthorizationResponse> {
  const parameters = { scope: "openid profile offline_access calendar.read" };
  const response = await oauth.deviceAuthorizationRequest(
    server,
    client,
    authentication,
    parameters,
    insecure,
  );
  return await oauth.processDeviceAuthorizationResponse(server, client, response);
}

/** Polls until the person has answered (RFC 8628 §3.5). */
async function wait(
  server: oauth.AuthorizationServer,
  { device_code, interval = 5 }: oauth.DeviceAuthorizationResponse,
): Promise<oauth.TokenEndpointResponse> {
  for (let seconds = interval;;) {
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    const response = await oauth.deviceCodeGrantRequest(
      server,
      client,
      authentication,
      device_code,
      insecure,
    );
    try {
      return await oauth.processDeviceCodeResponse(server, client, response);
    } catch (error) {
      if (!(error instanceof oauth.ResponseBodyError)) throw error;
      if (error.error === "slow_down") seconds += 5;
      else if (error.error !== "authorization_pending") throw error;
    }
  }
}

/** The QR code, light on dark whatever the terminal's colours are. */
async function qrCode(user_code: string): Promise<string> {
  const url = `${issuer.href.replace(/\/$/, "")}/device/qr?${new URLSearchParams({ user_code })}`;
  const response = await fetch(url, { headers: { Accept: "text/plain" } });
  const lines = (await response.text()).trimEnd().split("\n");
  return lines.map((line) => `\x1b[97;40m${line}\x1b[0m`).join("\n");
}

const discovery = await oauth.discoveryRequest(issuer, insecure);
const server = await oauth.processDiscoveryResponse(issuer, discovery);
const codes = await askForCodes(server);
console.log(await qrCode(codes.user_code));
console.log(
  `Open ${codes.verification_uri} and type in ${codes.user_code}, or scan the code above.`,
);
try {
  const tokens = await wait(server, codes);
  const claims = oauth.getValidatedIdTokenClaims(tokens);
  console.log(JSON.stringify({ id_token: claims, tokens }, undefined, 2));
} catch (error) {
  if (!(error instanceof oauth.ResponseBodyError)) throw error;
  console.error(`${error.error}: ${error.error_description ?? ""}`);
  Deno.exit(1);
}
