/** Every route, middleware and error response of the server on one screen. */

import { type Context, type Handler, Hono } from "hono";
import { cors } from "hono/cors";
import { showAccount, submitAccount } from "./endpoints/account.ts";
import { assetEndpoint } from "./endpoints/assets.ts";
import { authorize } from "./endpoints/authorize.ts";
import { check } from "./endpoints/check.ts";
import { checkSessionEndpoint } from "./endpoints/check_session.ts";
import { showConsent, submitConsent } from "./endpoints/consent.ts";
import { showDevice, submitDevice } from "./endpoints/device.ts";
import { deviceAuthorization } from "./endpoints/device_authorization.ts";
import { showDeviceConfirm, submitDeviceConfirm } from "./endpoints/device_confirm.ts";
import { deviceQr } from "./endpoints/device_qr.ts";
import { jwksEndpoint, metadataEndpoint } from "./endpoints/discovery.ts";
import { basicChallenge, bearerChallenge, renderJsonErrors } from "./endpoints/errors.ts";
import { notAllowed, notFound, renderErrorPages } from "./endpoints/error_pages.ts";
import { endSessionEndpoint } from "./endpoints/end_session.ts";
import { home } from "./endpoints/home.ts";
import { plainHost } from "./endpoints/host.ts";
import { livez, readyz } from "./endpoints/health.ts";
import type { AppEnv } from "./endpoints/http.ts";
import { introspection } from "./endpoints/introspection.ts";
import { showLogin, submitLogin } from "./endpoints/login.ts";
import { showLogout, submitLogout } from "./endpoints/logout.ts";
import { metricsEndpoint } from "./endpoints/metrics.ts";
import { pushedAuthorization } from "./endpoints/pushed_authorization.ts";
import { resume } from "./endpoints/resume.ts";
import { revocation } from "./endpoints/revocation.ts";
import { token } from "./endpoints/token.ts";
import { userinfo } from "./endpoints/userinfo.ts";
import type { Prometheus } from "./lib/prometheus.ts";
import { PATHS } from "./oauth/metadata.ts";
import type { Server } from "./server.ts";

type Endpoint = (server: Server, c: Context<AppEnv>) => Response | Promise<Response>;

/** The server as a function from requests to responses. Its second argument is `{ address }`, the peer's. */
export function createApp(server: Server): Hono<AppEnv> {
  const of = (endpoint: Endpoint): Handler<AppEnv> => (c) => endpoint(server, c);
  // Which keys seal by now has to be known before anybody looks at what is sealed.
  const opening = (endpoint: Endpoint): Handler<AppEnv> => async (c) => {
    await server.ring.freshen(server.cookies.sealed(c));
    return await endpoint(server, c);
  };
  const base = server.basePath;
  const methodNotAllowed = notAllowed(server);

  const api = new Hono<AppEnv>();
  api.onError(renderJsonErrors(server, basicChallenge));
  const bearer = new Hono<AppEnv>();
  bearer.onError(renderJsonErrors(server, bearerChallenge));
  const anyOrigin = cors({ origin: "*", allowMethods: ["GET"], exposeHeaders: ["ETag"] });
  const metadata = metadataEndpoint(server);
  const wellKnown = [
    [base + PATHS.openid_configuration, metadata],
    [base + PATHS.authorization_server, metadata],
    [base + PATHS.jwks, jwksEndpoint(server)],
    // RFC 8414 §3.1: the path of the issuer follows the well-known part
    ...base === "" ? [] : [[PATHS.authorization_server + base, metadata] as const],
  ] as const;
  for (const [path, endpoint] of wellKnown) {
    api.use(path, anyOrigin).get(endpoint).all(methodNotAllowed("GET"));
  }
  const listedOrigins = (...allowMethods: string[]) =>
    cors({
      origin: (origin) => server.clients.corsOrigins.has(origin) ? origin : null,
      allowMethods,
      allowHeaders: ["Authorization", "Content-Type"],
      exposeHeaders: ["WWW-Authenticate", "Retry-After"],
      maxAge: 600,
    });
  const calledByClients = [
    [PATHS.token, token],
    [PATHS.par, pushedAuthorization],
    [PATHS.device_authorization, deviceAuthorization],
    [PATHS.revocation, revocation],
  ] as const;
  for (const [path, endpoint] of calledByClients) {
    api.use(base + path, listedOrigins("POST")).post(of(endpoint)).all(methodNotAllowed("POST"));
  }
  api.get(base + PATHS.device_qr, of(deviceQr)).all(methodNotAllowed("GET"));
  // APIs ask from servers: no script of a page may.
  api.post(base + PATHS.introspection, of(introspection)).all(methodNotAllowed("POST"));
  bearer.use(base + PATHS.userinfo, listedOrigins("GET", "POST"))
    .get(of(userinfo)).post(of(userinfo)).all(methodNotAllowed("GET", "POST"));
  // Whoever watches the process asks at the root, wherever the issuer's path begins.
  for (const at of new Set(["", base])) {
    api.get(at + PATHS.livez, livez).get(at + PATHS.readyz, of(readyz));
  }

  const pages = new Hono<AppEnv>();
  pages.onError(renderErrorPages(server));
  const page = (path: string, get: Endpoint, post: Endpoint) =>
    pages.get(base + path, opening(get)).post(opening(post)).all(methodNotAllowed("GET", "POST"));
  pages.get(base || "/", of(home)).all(methodNotAllowed("GET"));
  page(PATHS.authorize, authorize, authorize);
  pages.get(base + PATHS.resume, opening(resume)).all(methodNotAllowed("GET"));
  pages.get(base + PATHS.check, opening(check)).all(methodNotAllowed("GET"));
  page(PATHS.account, showAccount, submitAccount);
  page(PATHS.login, showLogin, submitLogin);
  page(PATHS.consent, showConsent, submitConsent);
  page(PATHS.device, showDevice, submitDevice);
  page(PATHS.device_confirm, showDeviceConfirm, submitDeviceConfirm);
  page(PATHS.end_session, endSessionEndpoint, endSessionEndpoint);
  page(PATHS.logout, showLogout, submitLogout);
  pages.get(base + PATHS.check_session, checkSessionEndpoint(server)).all(methodNotAllowed("GET"));
  pages.get(`${base + PATHS.assets}/:name`, assetEndpoint(server));

  return new Hono<AppEnv>().use(plainHost).route("/", api).route("/", bearer).route("/", pages)
    .notFound(notFound(server)).onError(renderErrorPages(server));
}

/** What the management listener answers, for the server as it is at that moment: nothing that a client has any business with. */
export function createManagementApp(
  current: () => Server,
  prometheus: Pick<Prometheus, "text" | "contentType">,
): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.onError(renderJsonErrors(current(), basicChallenge));
  app.get(PATHS.metrics, (c) => metricsEndpoint(current(), prometheus, c));
  return app.notFound((c) => c.json({ error: "not_found" }, 404, { "Cache-Control": "no-store" }));
}
