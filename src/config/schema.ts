/** What the configuration looks like: every section, default and meaning. The reference manual. */

import { z } from "zod";
import { LOGIN_METHODS } from "../oauth/acr.ts";
import { SIGNING_ALGORITHMS } from "../oauth/client.ts";
import { clientSchema, lifetimes } from "./client_schema.ts";
import {
  acrValue,
  clientSecret,
  duration,
  password,
  positiveDuration,
  type Resolved,
  secret,
  servedFile,
} from "./value.ts";

/** The algorithms of managed keys where the configuration names none. */
export const MANAGED_ALGORITHMS = ["RS256", "ES256", "EdDSA"] as const;

/** How managed keys follow one another where the configuration doesn't say it, in seconds. */
export const MANAGED_PHASES = {
  propagation: 86_400,
  rotation: 90 * 86_400,
  retention: 14 * 86_400,
} as const;

const text = z.string().min(1);
const color = z.string().regex(/^#[0-9a-fA-F]{6}$/, { error: "expected a colour such as #1d4ed8" });
const scopeName = z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, {
  error: "expected a scope name: printable ASCII without spaces, quotes and backslashes",
});
const claimNames = z.array(text).default([]).describe("the user's claims that it brings");

const listen = z.strictObject({
  hostname: text.default("127.0.0.1").describe("the address; 0.0.0.0 is every one"),
  port: z.int().min(0).max(65_535).default(9000).describe("the port; 0 chooses a free one"),
  unix: text.optional().describe("the path of a Unix socket, instead of hostname and port"),
  tls: z.strictObject({
    certificate: text.describe(
      "the path of the PEM certificate chain, relative to the working directory",
    ),
    private_key: secret.describe("its private key in PEM"),
  }).optional().describe("https; absent where a proxy speaks it"),
});

const management = z.strictObject({
  hostname: text.default("127.0.0.1").describe("the address; whoever reaches it may read"),
  port: z.int().min(0).max(65_535).default(9001).describe("the port; 0 chooses a free one"),
});

const store = z.strictObject({
  url: text.default("./data/latchkey.kv").describe(
    'a path relative to the working directory, ":memory:", "default" (Deno Deploy), or a KV Connect URL',
  ),
  access_token: secret.optional().describe("for KV Connect"),
});

const keys = z.strictObject({
  directory: text.optional().describe(
    "a folder of private keys, relative to the working directory: *.pem (PKCS#8) and *.json (JWK or JWK set), with certificates (*.crt) and dates (manifest.yaml) beside them",
  ),
  jwks: secret.optional().describe("a private JWK set"),
  managed: z.strictObject({
    algorithms: z.array(z.enum(SIGNING_ALGORITHMS)).min(1).default([...MANAGED_ALGORITHMS])
      .describe("one key at a time signs with each"),
    propagation: positiveDuration.default(MANAGED_PHASES.propagation).describe(
      "how long a new key is published before it signs; 1d",
    ),
    rotation: positiveDuration.default(MANAGED_PHASES.rotation).describe(
      "how long a key signs before the next one does; 90d",
    ),
    retention: positiveDuration.default(MANAGED_PHASES.retention).describe(
      "how long a key stays published once another one signs; 14d",
    ),
  }).optional().describe("keys that the server makes and keeps in the store, sealed"),
});

const tokens = z.strictObject({
  access_token_lifetime: lifetimes.access_token_lifetime.default(3600),
  id_token_lifetime: lifetimes.id_token_lifetime.default(300),
  authorization_code_lifetime: lifetimes.authorization_code_lifetime.default(60),
  device_code_lifetime: lifetimes.device_code_lifetime.default(600),
  device_polling_interval: lifetimes.device_polling_interval.default(5),
  pushed_request_lifetime: duration
    .refine((seconds) => seconds >= 60 && seconds <= 600, { error: "expected 60s to 600s" })
    .default(60).describe(
      "how long a browser may take to begin with a pushed request (RFC 9126), 60s to 600s; 60s",
    ),
  refresh_token_lifetime: lifetimes.refresh_token_lifetime.default(15 * 86_400),
  refresh_token_absolute_lifetime: lifetimes.refresh_token_absolute_lifetime.default(30 * 86_400),
  access_token_signed_response_alg: z.enum(SIGNING_ALGORITHMS).default("RS256").describe(
    "what signs access tokens where neither client nor resource says",
  ),
  pairwise_salt: secret.optional().describe(
    "what pairwise subjects are made with; whoever changes it gives everybody new names",
  ),
});

const sessions = z.strictObject({
  idle_lifetime: positiveDuration.default(3600).describe("how long an unused login lives; 1h"),
  absolute_lifetime: positiveDuration.default(36_000).describe("how long any login lives; 10h"),
  coordinate_client_lifetimes_with_user_session: z.boolean().default(false).describe(
    "whether what people grant ends with the session in which they did, where the client doesn't say",
  ),
  expired_sessions_trigger_backchannel_logout: z.boolean().default(false).describe(
    "whether clients are told too when a session ends because nobody used it",
  ),
});

const rung = z.strictObject({
  acr: acrValue.describe("the authentication context class reference (OpenID Connect Core §2)"),
  methods: z.array(z.enum(LOGIN_METHODS)).min(1).describe(
    "the login methods of which any reaches it: pwd is a password",
  ),
  max_age: positiveDuration.optional().describe(
    "for how long after the login; as long as the session",
  ),
});

const limits = z.strictObject({
  client_secret_tries: z.int().min(1).default(10).describe(
    "wrong secrets of one client or API from one address before each further try has to wait",
  ),
  user_code_tries: z.int().min(1).default(5).describe(
    "wrong user codes of devices (RFC 8628) from one address, or of one account, before each further try has to wait",
  ),
  pushed_requests: z.int().min(1).default(1000).describe(
    "pushed requests (RFC 9126) of one client at once, and as many again in each pushed_request_lifetime; of a public client, from one address",
  ),
  waiting_requests: z.int().min(1).default(1000).describe(
    "sign-ins, logouts and devices that strangers at one public address may begin in 15 minutes",
  ),
});

const security = z.strictObject({
  require_pushed_authorization_requests: z.boolean().default(false).describe(
    "whether all clients may ask by pushed requests alone (RFC 9126 §5)",
  ),
  limits: limits.prefault({}).describe("how often something may be tried, and how much may wait"),
  outbound: z.strictObject({
    private_addresses: z.boolean().default(false).describe(
      "whether jwks_uri, request_uris and backchannel_logout_uri of clients may lead into private networks and to this machine",
    ),
  }).prefault({}).describe("whom the server may ask"),
  login: z.strictObject({
    hash_parallelism: z.int().min(1).max(64).default(2).describe(
      "how many passwords are hashed at once (19 MiB each)",
    ),
    tries_per_account: z.int().min(1).default(5).describe(
      "wrong passwords of one account from one address before each further try has to wait",
    ),
    tries_per_address: z.int().min(1).default(20).describe(
      "wrong passwords from one address, whatever the account, before each further try has to wait",
    ),
    longest_delay: positiveDuration.default(60).describe("the longest wait between two tries; 60s"),
    acr_ladder: z.array(rung).min(1, { error: "expected at least one rung" }).default([]).describe(
      "what logins reach (acr), the weakest first; absent: nothing, and tokens have no acr",
    ),
  }).prefault({}),
});

const branding = z.strictObject({
  name: text.max(60).default("Latchkey").describe("what the pages are called"),
  logo: servedFile.optional().describe(
    "the path of an SVG, PNG, JPEG or WebP file, at most 256 KiB",
  ),
  primary_color: color.optional().describe("buttons and links; #1d4ed8"),
  primary_color_dark: color.optional().describe("the same where the reader prefers dark"),
  stylesheet: servedFile.optional().describe(
    "the path of a CSS file that comes after ours, at most 256 KiB",
  ),
});

const identityScope = z.strictObject({
  name: scopeName,
  display_name: text.optional().describe("what people are asked for"),
  claims: claimNames,
});

const apiScope = z.strictObject({
  name: scopeName,
  display_name: text.optional().describe("what people are asked for"),
  claims: claimNames,
});

const resource = z.strictObject({
  resource: z.url({ error: "expected an absolute URI" }).refine((uri) => !uri.includes("#"), {
    error: "expected a URI without a fragment (RFC 8707 §2)",
  }).describe("its resource indicator; the `aud` of its tokens"),
  display_name: text.optional(),
  scopes: z.array(scopeName).default([]).describe("the scopes that lead to it"),
  access_token_signed_response_alg: z.enum(SIGNING_ALGORITHMS).optional().describe(
    "what signs its access tokens",
  ),
  secrets: z.array(clientSecret).default([]).describe(
    "its secrets, for asking about tokens (RFC 7662) under its resource indicator; every live one matches",
  ),
  introspection_signed_response_alg: z.enum(SIGNING_ALGORITHMS).optional().describe(
    "what signs what it hears of tokens, where it asks for a JWT (RFC 9701); RS256",
  ),
});

const user = z.strictObject({
  sub: z.string().regex(/^[\x21-\x7e]{1,255}$/, {
    error: "expected 1 to 255 printable ASCII characters without spaces (OpenID Connect Core §2)",
  }).describe("never changes, never goes to somebody else"),
  username: text.max(255).describe("what the person types in"),
  password: password.optional().describe("absent: cannot log in with a password"),
  groups: z.array(text).default([]),
  enabled: z.boolean().default(true).describe(
    "false: cannot log in, and what was granted is refused",
  ),
  claims: z.record(z.string(), z.json()).default({}).describe(
    "OpenID Connect Core §5.1's claims, and any of one's own",
  ),
});

const group = z.strictObject({ name: text, display_name: text.optional() });

/** The whole configuration. */
export const configSchema = z.strictObject({
  issuer: z.string().describe(
    "who we are, in every token: https, exact, no trailing slash; http on loopback alone",
  ),
  listen: listen.prefault({}).describe("where we listen"),
  management: management.optional().describe(
    "where /metrics is served, for whoever runs the server; absent: nowhere",
  ),
  trusted_proxies: z.array(text).default([]).describe(
    "addresses or CIDR ranges whose X-Forwarded-For is believed",
  ),
  shutdown_grace: duration.default(10).describe(
    "how long requests in flight may take at the end; 10s",
  ),
  store: store.prefault({}).describe("where what happens is kept"),
  keys: keys.prefault({}).describe("what signs; absent: keys are managed in the store"),
  data_protection: z.strictObject({
    keys: z.array(secret).min(1).describe(
      "32 random bytes in base64url each, newest first: the first seals, all open",
    ),
    accept_stored: z.boolean().default(false).describe(
      "whether the ring in the store opens too, on the way from it to these keys",
    ),
  }).optional().describe("what seals records; absent: a ring kept in the store"),
  tokens: tokens.prefault({}).describe("lifetimes that a client may override"),
  sessions: sessions.prefault({}).describe("how long people stay logged in"),
  security: security.prefault({}).describe("limits"),
  branding: branding.prefault({}).describe("how the pages look"),
  identity_scopes: z.array(identityScope).default([]).describe(
    "scopes about people; openid, profile, email, address, phone and offline_access are built in",
  ),
  scopes: z.array(apiScope).default([]).describe("scopes of APIs"),
  resources: z.array(resource).default([]).describe("APIs (RFC 8707)"),
  clients: z.array(clientSchema).default([]).describe("who may ask"),
  users: z.array(user).default([]).describe("who may log in"),
  groups: z.array(group).default([]).describe("what users may be members of"),
});

/** The configuration, complete: defaults filled in, secrets read. Lifetimes are seconds. */
export type Config = Resolved<z.output<typeof configSchema>>;
/** A configured client, its secrets read. */
export type ClientConfig = Config["clients"][number];
/** A configured user. */
export type UserConfig = Config["users"][number];
