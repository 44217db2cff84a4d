/** Each way in which a client proves itself: what the server knows of it, and what each independent library sends. */

import { importJWK } from "jose";
import * as oauth from "oauth4webapi";
import * as openid from "openid-client";
import type { ClientAuthenticationMethod } from "../../src/oauth/client.ts";
import type { RawConfig } from "./config.ts";
import { privateJwk, publicJwk } from "./signing_keys.ts";

const SECRET = "secret-0123456789abcdef";
const JWK = { ...await privateJwk("ES256"), kid: "1" };

/** The key of a client, as both libraries take it. */
export const CLIENT_KEY = { key: await importJWK(JWK) as CryptoKey, kid: "1" };

/** The public half, for the `jwks` of a client. */
export const CLIENT_JWKS = { keys: [publicJwk(JWK)] };

/** How a client proves itself. */
export interface ClientMethod {
  /** What the server knows of it. */
  readonly members: RawConfig;
  readonly openid: openid.ClientAuth;
  readonly oauth: oauth.ClientAuth;
}

/** Each way by its name. */
export const CLIENT_METHODS: Readonly<Record<ClientAuthenticationMethod, ClientMethod>> = {
  none: {
    members: { token_endpoint_auth_method: "none" },
    openid: openid.None(),
    oauth: oauth.None(),
  },
  client_secret_basic: {
    members: {
      token_endpoint_auth_method: "client_secret_basic",
      client_secrets: [{ value: SECRET }],
    },
    openid: openid.ClientSecretBasic(SECRET),
    oauth: oauth.ClientSecretBasic(SECRET),
  },
  client_secret_post: {
    members: {
      token_endpoint_auth_method: "client_secret_post",
      client_secrets: [{ value: SECRET }],
    },
    openid: openid.ClientSecretPost(SECRET),
    oauth: oauth.ClientSecretPost(SECRET),
  },
  private_key_jwt: {
    members: { token_endpoint_auth_method: "private_key_jwt", jwks: CLIENT_JWKS },
    openid: openid.PrivateKeyJwt(CLIENT_KEY),
    oauth: oauth.PrivateKeyJwt(CLIENT_KEY),
  },
};
