/** A client that signs what it sends (`private_key_jwt`), beside those of `RAW_CONFIG`. */

import { importJWK, SignJWT } from "jose";
import { CLIENT_ASSERTION_TYPE } from "../../src/oauth/assertion.ts";
import { RAW_CONFIG, type RawConfig } from "./config.ts";
import type { TestServer } from "./server.ts";
import { privateJwk, publicJwk } from "./signing_keys.ts";

/** The clients of `RAW_CONFIG` and `robot`, which may use `client_credentials`. */
export async function withRobot(): Promise<RawConfig> {
  const robot = {
    client_id: "robot",
    token_endpoint_auth_method: "private_key_jwt",
    jwks: { keys: [publicJwk(await privateJwk("ES256"))] },
    grant_types: ["client_credentials"],
    scope: "invoices.read",
  };
  return { clients: [...RAW_CONFIG["clients"] as RawConfig[], robot] };
}

/** A token request of `robot`, whose assertion is good for a minute. */
export async function robotForm(
  { env, issuer }: Pick<TestServer, "env" | "issuer">,
  jti: string,
): Promise<Record<string, string>> {
  const claims = { iss: "robot", sub: "robot", aud: issuer, exp: env.now() + 60, jti };
  const client_assertion = await new SignJWT(claims).setProtectedHeader({ alg: "ES256" })
    .sign(await importJWK(await privateJwk("ES256")));
  return {
    grant_type: "client_credentials",
    client_assertion_type: CLIENT_ASSERTION_TYPE,
    client_assertion,
  };
}
