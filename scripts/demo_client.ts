/** A small client for the demo: logs somebody in at http://127.0.0.1:9000 and shows what it got. */

import * as oauth from "oauth4webapi";

const issuer = new URL(Deno.args[0] ?? "http://127.0.0.1:9000");
const home = "http://127.0.0.1:8080";
const redirect_uri = `${home}/callback`;
const client: oauth.Client = { client_id: "web" };
const authentication = oauth.ClientSecretBasic("demo-web-secret");
// The demo speaks http on loopback; a real client speaks https.
const insecure = { [oauth.allowInsecureRequests]: true };

/** What the last login brought: by that a logout is proven. */
let id_token_hint = "";

/** Logins that have begun in this process, by `state`. */
const pending = new Map<string, { nonce: string; code_verifier: string }>();

async function discover(): Promise<oauth.AuthorizationServer> {
  const response = await oauth.discoveryRequest(issuer, insecure);
  return await oauth.processDiscoveryResponse(issuer, response);
}

async function logIn(): Promise<Response> {
  const server = await discover();
  const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
  const code_verifier = oauth.generateRandomCodeVerifier();
  pending.set(state, { nonce, code_verifier });
  const url = new URL(server.authorization_endpoint ?? "");
  url.search = new URLSearchParams({
    client_id: client.client_id,
    redirect_uri,
    response_type: "code",
    scope: "openid profile email groups invoices.read offline_access",
    state,
    nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(code_verifier),
    code_challenge_method: "S256",
  }).toString();
  return Response.redirect(url, 303);
}

async function callBack(url: URL): Promise<Response> {
  const server = await discover();
  const state = url.searchParams.get("state") ?? "";
  const login = pending.get(state);
  if (login === undefined) return text(`This login did not begin here. Start at ${home}`, 400);
  pending.delete(state);
  const { nonce, code_verifier } = login;
  const answer = oauth.validateAuthResponse(server, client, url, state);
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    authentication,
    answer,
    redirect_uri,
    code_verifier,
    insecure,
  );
  const tokens = await oauth.processAuthorizationCodeResponse(server, client, response, {
    expectedNonce: nonce,
    requireIdToken: true,
  });
  id_token_hint = tokens.id_token ?? "";
  const claims = oauth.getValidatedIdTokenClaims(tokens);
  const info = await oauth.userInfoRequest(server, client, tokens.access_token, insecure);
  const userinfo = await oauth.processUserInfoResponse(server, client, claims?.sub ?? "", info);
  return text(JSON.stringify({ id_token: claims, userinfo, tokens }, undefined, 2));
}

async function logOut(): Promise<Response> {
  const server = await discover();
  const url = new URL(server.end_session_endpoint ?? "");
  url.searchParams.set("client_id", client.client_id);
  url.searchParams.set("post_logout_redirect_uri", `${home}/goodbye`);
  if (id_token_hint !== "") url.searchParams.set("id_token_hint", id_token_hint);
  return Response.redirect(url, 303);
}

function text(body: string, status = 200): Response {
  return new Response(body + "\n", { status, headers: { "Cache-Control": "no-store" } });
}

Deno.serve(
  { hostname: "127.0.0.1", port: 8080, onListen: () => console.log(home) },
  async (request) => {
    const url = new URL(request.url);
    try {
      if (url.pathname === "/") return await logIn();
      if (url.pathname === "/callback") return await callBack(url);
      if (url.pathname === "/logout") return await logOut();
      if (url.pathname === "/goodbye") return text(`You are logged out. Start again at ${home}`);
      return text("not found", 404);
    } catch (error) {
      if (error instanceof oauth.AuthorizationResponseError) {
        return text(`${error.error}: ${error.error_description ?? ""}`, 400);
      }
      return text(String(error), 502);
    }
  },
);
