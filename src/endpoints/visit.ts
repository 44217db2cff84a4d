/** How somebody gets to a page of ours that wants to know who it is, or gives that up. */

import type { Context } from "hono";
import { type PageVisit, VISITED_PAGES } from "../login/paused.ts";
import { PATHS } from "../oauth/metadata.ts";
import { browserOf, loggedIn } from "./browser.ts";
import { type FlowServer, toInteraction, type WaitingFlow, type WaitingVisit } from "./flow.ts";
import type { AppEnv } from "./http.ts";
import { seeOther } from "./page.ts";
import { putAside } from "./put_aside.ts";

/** To the login page, and from there back to the page that asks for it. */
export async function logInFirst(
  server: FlowServer,
  c: Context<AppEnv>,
  visit: PageVisit,
): Promise<Response> {
  const handle = await putAside(server, c, { kind: "visit", visit }, browserOf(server, c));
  return toInteraction(server, c, PATHS.login, handle);
}

/** Goes on with a visit: whoever is logged in is there. */
export async function proceedToPage(
  server: FlowServer,
  c: Context<AppEnv>,
  { visit, open }: WaitingVisit,
): Promise<Response> {
  const login = await loggedIn(server, c);
  if (login === undefined) return toInteraction(server, c, PATHS.login, open.handle);
  await server.records.interaction.delete(open.handle);
  return seeOther(c, addressOf(server, visit));
}

/** Gives a way up where there is nobody to tell, so the person finds themselves on the home page. */
export async function giveUp(
  server: FlowServer,
  c: Context<AppEnv>,
  { open }: Pick<WaitingFlow, "open">,
): Promise<Response> {
  await server.records.interaction.delete(open.handle);
  return seeOther(c, new URL(server.config.issuer).href);
}

/** The address of a page, with more parameters of its query. */
export function addressOf(
  server: Pick<FlowServer, "config">,
  { page, ui_locales }: PageVisit,
  more: Readonly<Record<string, string>> = {},
): string {
  const url = new URL(server.config.issuer + VISITED_PAGES[page]);
  const query = { ...ui_locales === undefined ? {} : { ui_locales }, ...more };
  url.search = new URLSearchParams(query).toString();
  return url.href;
}
