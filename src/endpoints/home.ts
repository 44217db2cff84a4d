/** GET /: for whoever comes without an application. */

import type { Context } from "hono";
import type { ClientRegistry } from "../clients/registry.ts";
import { PATHS } from "../oauth/metadata.ts";
import { renderHome } from "../pages/home.tsx";
import type { AppEnv } from "./http.ts";
import { page, type PageServer, viewOf } from "./page.ts";

/** Says what this place is for. */
export function home(
  server: PageServer & {
    readonly config: { readonly issuer: string };
    readonly clients: Pick<ClientRegistry, "onDevices">;
  },
  c: Context<AppEnv>,
): Response {
  const { issuer } = server.config;
  const metadata = issuer + PATHS.openid_configuration;
  const account = issuer + PATHS.account;
  const device = server.clients.onDevices ? issuer + PATHS.device : undefined;
  return page(c, renderHome(viewOf(server, c), { metadata, account, device }));
}
